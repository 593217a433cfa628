{{ landed('open', 'changes') }}
