{{ landed('salesforce', 'opportunity_stage') }}
