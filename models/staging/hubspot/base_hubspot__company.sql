{{ landed('hubspot', 'company') }}
