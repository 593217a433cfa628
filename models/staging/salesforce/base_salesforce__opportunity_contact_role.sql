{{ landed('salesforce', 'opportunity_contact_role') }}
