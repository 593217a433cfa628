-- One row per declared column of each landing, and per field whose history rules read: what is
-- landed, and what cannot be computed without the rest.
{%- set text = dbt.type_string() %}
with coverage as (
    select * from {{ ref('int_crm__landing_coverage') }}
),

final as (
    select
        cast(crm as {{ text }}) as crm,
        cast(source_table as {{ text }}) as source_table,
        cast(source_column as {{ text }}) as source_column,
        is_landed,
        is_table_landed,
        is_table_empty,
        cast(needed_by as {{ text }}) as needed_by
    from coverage
)

select * from final
