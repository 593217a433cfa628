{{ landed('salesforce', 'opportunity_field_history') }}
