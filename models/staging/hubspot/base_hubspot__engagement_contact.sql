{{ landed('hubspot', 'engagement_contact') }}
