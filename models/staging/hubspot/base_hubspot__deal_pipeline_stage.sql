{{ landed('hubspot', 'deal_pipeline_stage') }}
