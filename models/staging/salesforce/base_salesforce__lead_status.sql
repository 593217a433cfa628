{{ landed('salesforce', 'lead_status') }}
