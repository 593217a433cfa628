{{ landed('hubspot', 'email_event_bounce') }}
