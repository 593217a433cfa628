{{ landed('hubspot', 'company_property_history') }}
