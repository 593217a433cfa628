{{ landed('hubspot', 'deal_pipeline') }}
