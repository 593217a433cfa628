{{ landed('hubspot', 'contact_merge_audit') }}
