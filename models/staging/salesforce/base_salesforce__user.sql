{{ landed('salesforce', 'user') }}
