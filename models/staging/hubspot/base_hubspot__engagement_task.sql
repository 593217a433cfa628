{{ landed('hubspot', 'engagement_task') }}
