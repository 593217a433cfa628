{{ landed('open', 'contracts') }}
