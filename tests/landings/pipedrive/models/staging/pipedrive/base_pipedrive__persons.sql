{{ landed('pipedrive', 'persons') }}
