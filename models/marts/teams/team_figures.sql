-- One row per CRM × figure × segment × day of as_of: the figures that only one team's page has.
{%- set text = dbt.type_string() -%}
{{ config(**kept_days('figure_date')) }}

with figure_values as (
    select * from {{ ref('int_teams__figure_values') }}
),

final as (
    select
        {%- for column in ['crm', 'team', 'figure', 'object_type', 'segment'] %}
            cast({{ column }} as {{ text }}) as {{ column }},
        {%- endfor %}
        cast({{ as_of() }} as date) as figure_date,
        cast(numerator as {{ dbt.type_bigint() }}) as numerator,
        cast(denominator as {{ dbt.type_bigint() }}) as denominator,
        cast(value as decimal(28, 6)) as value,
        cast(median_hours as decimal(28, 6)) as median_hours,
        cast(unit as {{ text }}) as unit,
        cast(direction as {{ text }}) as direction,
        cast(target as decimal(28, 6)) as target,
        cast(alert_at as decimal(28, 6)) as alert_at,
        cast(status as {{ text }}) as status,
        cast(missing_inputs as {{ text }}) as missing_inputs,
        {{ as_of() }} as as_of
    from figure_values
    where {{ as_of_is_kept() }}
)

select * from final
