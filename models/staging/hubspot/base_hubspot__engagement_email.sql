{{ landed('hubspot', 'engagement_email') }}
