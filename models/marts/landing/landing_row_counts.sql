-- One row per declared table of each landing that is read: where each landed row went.
{%- set text = dbt.type_string() -%}
{%- set bigint = dbt.type_bigint() %}
with landed_tables as (
    select * from {{ ref('int_landing__tables') }}
),

final as (
    select
        cast(crm as {{ text }}) as crm,
        cast(source_table as {{ text }}) as source_table,
        is_landed,
        cast(n_landed as {{ bigint }}) as n_landed,
        cast(n_staged as {{ bigint }}) as n_staged,
        cast(n_unusable + n_superseded as {{ bigint }}) as n_rejected,
        cast(n_superseded as {{ bigint }}) as n_superseded,
        cast(n_duplicates as {{ bigint }}) as n_duplicates
    from landed_tables
)

select * from final
