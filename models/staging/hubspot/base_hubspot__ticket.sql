{{ landed('hubspot', 'ticket') }}
