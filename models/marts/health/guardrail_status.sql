-- One row per CRM, object type, field and guardrail: does it hold?
{%- set text = dbt.type_string() %}

with guardrails as (
    select * from {{ ref('int_health__field_guardrails') }}
),

final as (
    select
        {%- for column in [
            'crm', 'object_type', 'field', 'guardrail', 'owner_role', 'meant_to', 'status',
            'counted',
        ] %}
            cast({{ column }} as {{ text }}) as {{ column }},
        {%- endfor %}
        cast(n_broken as {{ dbt.type_bigint() }}) as n_broken,
        cast(newest_record_key as {{ text }}) as newest_record_key,
        newest_at
    from guardrails
)

select * from final
