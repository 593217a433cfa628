{{ landed('hubspot', 'deal_stage') }}
