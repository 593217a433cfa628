{{ config(materialized='view') }}

with results as (
    select * from {{ run_results() }}
),

final as (
    select
        {%- for name, type in run_results_columns().items() %}
            cast({{ name }} as {{ type }}) as {{ name }}
            {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from results
)

select * from final
