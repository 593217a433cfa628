-- One row per test or step × run: what each run found.
{{ config(materialized='view') }}

with results as (
    select * from {{ ref('int_runs__results') }}
)

select {{ run_results_columns() | join(',\n    ') }}
from results
