{{ landed('open', 'activities') }}
