{{ landed('open', 'users') }}
