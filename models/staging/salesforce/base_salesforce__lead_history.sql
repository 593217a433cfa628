{{ landed('salesforce', 'lead_history') }}
