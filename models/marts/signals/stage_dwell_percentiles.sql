-- One row per stage and segment, and per stage over all segments.
{% set text = dbt.type_string() %}

with limits as (
    select * from {{ ref('int_signals__dwell_limits') }}
),

final as (
    select
        cast(crm as {{ text }}) as crm,
        cast(object_type as {{ text }}) as object_type,
        cast(pipeline as {{ text }}) as pipeline,
        cast(stage as {{ text }}) as stage,
        cast(segment as {{ text }}) as segment,
        cast(n_periods as {{ dbt.type_bigint() }}) as n_periods,
        {%- for column, seconds in {
            'p10_days': 'p10_seconds',
            'p50_days': 'p50_seconds',
            'p90_days': 'p90_seconds',
            'too_short_below_days': 'short_seconds',
            'too_long_above_days': 'long_seconds',
        }.items() %}
            cast({{ seconds }} / 86400 as {{ type_double() }}) as {{ column }},
        {%- endfor %}
        cast(basis as {{ text }}) as basis
    from limits
)

select * from final
