{{ lifecycle_list('delete') }}
