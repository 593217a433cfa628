{{ landed('open', 'cases') }}
