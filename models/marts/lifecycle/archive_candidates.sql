{{ lifecycle_list('archive') }}
