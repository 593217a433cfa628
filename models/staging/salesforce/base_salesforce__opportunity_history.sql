{{ landed('salesforce', 'opportunity_history') }}
