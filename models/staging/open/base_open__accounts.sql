{{ landed('open', 'accounts') }}
