{{ landed('salesforce', 'lead') }}
