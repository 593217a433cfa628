{{ landed('open', 'stages') }}
