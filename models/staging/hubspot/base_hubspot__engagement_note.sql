{{ landed('hubspot', 'engagement_note') }}
