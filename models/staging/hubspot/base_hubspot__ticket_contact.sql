{{ landed('hubspot', 'ticket_contact') }}
