-- One row per CRM × SLA × object type × scope × team × owner: how each keeps the hygiene SLAs.
{%- set text = dbt.type_string() %}

with sla_status as (
    select * from {{ ref('int_health__sla_status') }}
),

final as (
    select
        {%- for column in [
            'sla_id', 'crm', 'object_type', 'scope', 'team', 'owner_id', 'manager_id',
        ] %}
            cast({{ column }} as {{ text }}) as {{ column }},
        {%- endfor %}
        cast(n_records as {{ dbt.type_bigint() }}) as n_records,
        cast(n_breaches as {{ dbt.type_bigint() }}) as n_breaches,
        rate,
        cast(target as decimal(9, 6)) as target,
        cast(status as {{ text }}) as status
    from sla_status
)

select * from final
