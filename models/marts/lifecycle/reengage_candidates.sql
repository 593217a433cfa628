{{ lifecycle_list('re_engage') }}
