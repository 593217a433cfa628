{{ landed('hubspot', 'ticket_company') }}
