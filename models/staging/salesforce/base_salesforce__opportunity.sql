{{ landed('salesforce', 'opportunity') }}
