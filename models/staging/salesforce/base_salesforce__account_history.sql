{{ landed('salesforce', 'account_history') }}
