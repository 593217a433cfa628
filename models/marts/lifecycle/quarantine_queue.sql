{{ lifecycle_list('quarantine') }}
