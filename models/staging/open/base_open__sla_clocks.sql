{{ landed('open', 'sla_clocks') }}
