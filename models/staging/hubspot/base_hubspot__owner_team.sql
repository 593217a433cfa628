{{ landed('hubspot', 'owner_team') }}
