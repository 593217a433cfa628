-- One row per test or step × run: what the runs of dbt and of the landing gate have left.
{{ config(materialized='view') }}

select
    {%- for name, type in run_results_columns().items() %}
        cast({{ name }} as {{ type }}) as {{ name }}
        {%- if not loop.last %},{% endif %}
    {%- endfor %}
from {{ run_results() }}
