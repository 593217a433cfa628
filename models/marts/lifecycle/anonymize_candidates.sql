{{ lifecycle_list('anonymize', has_hashes=true) }}
