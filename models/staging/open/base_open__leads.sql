{{ landed('open', 'leads') }}
