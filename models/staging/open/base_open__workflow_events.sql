{{ landed('open', 'workflow_events') }}
