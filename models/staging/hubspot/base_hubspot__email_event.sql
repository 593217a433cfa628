{{ landed('hubspot', 'email_event') }}
