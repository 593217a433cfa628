{{ landed('hubspot', 'engagement_company') }}
