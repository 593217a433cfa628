{{ landed('open', 'opportunities') }}
