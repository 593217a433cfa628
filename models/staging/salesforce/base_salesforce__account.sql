{{ landed('salesforce', 'account') }}
