-- One row per record × SLA that it breaches at as_of: since when, and what is wrong.
{%- set text = dbt.type_string() %}

with verdicts as (
    select * from {{ ref('int_health__sla_verdicts') }}
),

final as (
    select
        {%- for column in [
            'sla_id', 'record_key', 'crm', 'object_type', 'record_id', 'segment', 'owner_id',
            'team', 'manager_id',
        ] %}
            cast({{ column }} as {{ text }}) as {{ column }},
        {%- endfor %}
        cast(amount as {{ type_amount() }}) as amount,
        breached_since,
        cast(floor({{ seconds_before_as_of('breached_since') }} / 86400) as {{ dbt.type_bigint() }})
            as days_over,
        cast(detail as {{ text }}) as detail
    from verdicts
    where is_breach
)

select * from final
