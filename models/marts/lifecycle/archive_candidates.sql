-- One row per record to archive, with what a reviewer needs to judge it.
{{ lifecycle_list('archive') }}
