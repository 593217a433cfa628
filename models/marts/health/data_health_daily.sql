-- One row per CRM × metric × object type × segment × day of as_of: how healthy the CRM is.
{%- set text = dbt.type_string() -%}
{{ config(**kept_days('metric_date')) }}

with metric_values as (
    select * from {{ ref('int_health__metric_values') }}
),

final as (
    select
        {%- for column in ['crm', 'metric', 'object_type', 'segment'] %}
            cast({{ column }} as {{ text }}) as {{ column }},
        {%- endfor %}
        cast({{ as_of() }} as date) as metric_date,
        cast(numerator as decimal(28, 6)) as numerator,
        cast(denominator as {{ dbt.type_bigint() }}) as denominator,
        cast(value as decimal(28, 6)) as value,
        cast(median_value as decimal(28, 6)) as median_value,
        cast(unit as {{ text }}) as unit,
        cast(direction as {{ text }}) as direction,
        cast(target as decimal(28, 6)) as target,
        cast(alert_at as decimal(28, 6)) as alert_at,
        cast(status as {{ text }}) as status,
        cast(missing_inputs as {{ text }}) as missing_inputs,
        {{ as_of() }} as as_of
    from metric_values
    where {{ as_of_is_kept() }}
)

select * from final
