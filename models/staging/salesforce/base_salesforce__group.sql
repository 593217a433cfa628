{{ landed('salesforce', 'group') }}
