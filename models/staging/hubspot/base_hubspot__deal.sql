{{ landed('hubspot', 'deal') }}
