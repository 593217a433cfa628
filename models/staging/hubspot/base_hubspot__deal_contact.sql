{{ landed('hubspot', 'deal_contact') }}
