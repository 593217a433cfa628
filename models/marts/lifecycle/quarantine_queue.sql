-- One row per record of which it cannot be told what becomes of it, with what a reviewer needs to
-- judge it.
{{ lifecycle_list('quarantine') }}
