{{ landed('open', 'documents') }}
