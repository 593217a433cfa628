{{ landed('pipedrive', 'organizations') }}
