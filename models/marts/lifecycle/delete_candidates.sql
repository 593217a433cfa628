-- One row per record to delete, with what a reviewer needs to judge it.
{{ lifecycle_list('delete') }}
