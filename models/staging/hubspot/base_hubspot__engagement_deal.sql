{{ landed('hubspot', 'engagement_deal') }}
