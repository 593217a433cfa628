{{ landed('salesforce', 'contact_history') }}
