{{ landed('hubspot', 'contact_property_history') }}
