{{ landed('hubspot', 'contact') }}
