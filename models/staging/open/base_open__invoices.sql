{{ landed('open', 'invoices') }}
