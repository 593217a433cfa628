-- One row per landed table and set of columns whose values could not be read, of rows that are
-- used all the same.
{%- set text = dbt.type_string() %}
with unreadable as (
    select * from {{ ref('int_landing__unreadable_values') }}
),

final as (
    select
        cast(crm as {{ text }}) as crm,
        cast(source_table as {{ text }}) as source_table,
        cast(unreadable_columns as {{ text }}) as unreadable_columns,
        cast(n_rows as {{ dbt.type_bigint() }}) as n_rows,
        cast(example_key as {{ text }}) as example_key
    from unreadable
)

select * from final
