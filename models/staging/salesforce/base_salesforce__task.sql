{{ landed('salesforce', 'task') }}
