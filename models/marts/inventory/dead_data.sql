-- One row per CRM, object type, dimension and part of it: where records are that nobody touches.
{%- set text = dbt.type_string() -%}
{%- set bigint = dbt.type_bigint() %}
with dead_data as (
    select * from {{ ref('int_health__dead_data') }}
),

final as (
    select
        {%- for column in ['crm', 'object_type', 'dimension', 'part'] %}
            cast({{ column }} as {{ text }}) as {{ column }},
        {%- endfor %}
        {%- for column in ['stale_rank', 'n_records', 'n_stale_12m', 'n_stale_24m'] %}
            cast({{ column }} as {{ bigint }}) as {{ column }},
        {%- endfor %}
        cast(stale_share as decimal(9, 6)) as stale_share,
        cast(stale_value as {{ type_amount() }}) as stale_value,
        cast(currency as {{ text }}) as currency,
        cast(status as {{ text }}) as status
    from dead_data
)

select * from final
