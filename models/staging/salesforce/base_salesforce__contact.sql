{{ landed('salesforce', 'contact') }}
