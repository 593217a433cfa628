{{ landed('hubspot', 'deal_property_history') }}
