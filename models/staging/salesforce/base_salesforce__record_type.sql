{{ landed('salesforce', 'record_type') }}
