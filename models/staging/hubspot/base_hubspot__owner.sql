{{ landed('hubspot', 'owner') }}
