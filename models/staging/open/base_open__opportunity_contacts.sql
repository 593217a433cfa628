{{ landed('open', 'opportunity_contacts') }}
