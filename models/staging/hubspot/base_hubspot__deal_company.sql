{{ landed('hubspot', 'deal_company') }}
