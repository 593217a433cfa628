-- One row per CRM, object type, pipeline, stage and segment: who is there, and who goes on.
{%- set text = dbt.type_string() -%}
{%- set bigint = dbt.type_bigint() %}

with funnel as (
    select * from {{ ref('int_reporting__funnel') }}
),

final as (
    select
        {%- for column in ['crm', 'object_type', 'pipeline', 'stage', 'segment'] %}
            cast({{ column }} as {{ text }}) as {{ column }},
        {%- endfor %}
        cast(stage_order as {{ dbt.type_int() }}) as stage_order,
        cast(stage_kind as {{ text }}) as stage_kind,
        cast(n_records as {{ bigint }}) as n_records,
        cast(amount as {{ type_amount() }}) as amount,
        cast(currency as {{ text }}) as currency,
        {%- for column in ['n_entered', 'n_advanced', 'n_won', 'n_lost'] %}
            cast({{ column }} as {{ bigint }}) as {{ column }},
        {%- endfor %}
        cast(conversion_rate as decimal(9, 6)) as conversion_rate,
        {{ as_of() }} as as_of
    from funnel
)

select * from final
