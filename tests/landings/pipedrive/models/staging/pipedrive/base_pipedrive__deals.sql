{{ landed('pipedrive', 'deals') }}
