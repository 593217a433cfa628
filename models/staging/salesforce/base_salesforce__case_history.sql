{{ landed('salesforce', 'case_history') }}
