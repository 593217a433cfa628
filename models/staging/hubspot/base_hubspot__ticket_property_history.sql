{{ landed('hubspot', 'ticket_property_history') }}
