{{ landed('hubspot', 'engagement_call') }}
