-- One row per CRM × metric × object type × earlier day: how healthy the CRM was, as the histories
-- tell.
{%- set text = dbt.type_string() %}
with rebuilt as (
    select * from {{ ref('int_health__rebuilt_values') }}
),

final as (
    select
        {%- for column in ['crm', 'metric', 'object_type'] %}
            cast({{ column }} as {{ text }}) as {{ column }},
        {%- endfor %}
        cast('all' as {{ text }}) as segment,
        metric_date,
        cast(numerator as decimal(28, 6)) as numerator,
        cast(denominator as {{ dbt.type_bigint() }}) as denominator,
        cast(value as decimal(28, 6)) as value,
        cast(median_value as decimal(28, 6)) as median_value,
        cast(unit as {{ text }}) as unit,
        cast(direction as {{ text }}) as direction,
        cast(target as decimal(28, 6)) as target,
        cast(alert_at as decimal(28, 6)) as alert_at,
        cast(status as {{ text }}) as status,
        true as is_rebuilt,
        {{ as_of() }} as as_of
    from rebuilt
)

select * from final
