-- One row per record to anonymise, with what a reviewer needs to judge it.
{{ lifecycle_list('anonymize', has_hashes=true) }}
