{{ landed('hubspot', 'team') }}
