-- One row per setting: what the last build was given, so that whoever reads its marts need not guess.
{%- set text = dbt.type_string() %}

select
    cast(setting as {{ text }}) as setting,
    cast(kind as {{ text }}) as kind,
    cast(value as {{ text }}) as value
from {{ text_rows(['setting', 'kind', 'value'], run_settings()) }}
