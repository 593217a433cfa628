{{ landed('salesforce', 'event') }}
