{{ landed('salesforce', 'case') }}
