-- One row per record to get in touch with again, with its signal and what a reviewer needs to judge
-- it.
{{ lifecycle_list('re_engage', has_signals=true) }}
