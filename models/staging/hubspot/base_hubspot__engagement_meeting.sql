{{ landed('hubspot', 'engagement_meeting') }}
