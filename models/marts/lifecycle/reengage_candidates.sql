-- One row per record to get in touch with again, with what a reviewer needs to judge it.
{{ lifecycle_list('re_engage') }}
