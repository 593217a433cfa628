-- One row per stage of a segment and week.
{% set text = dbt.type_string() %}
{% set double = type_double() %}

with final as (
    select
        cast(crm as {{ text }}) as crm,
        cast(object_type as {{ text }}) as object_type,
        cast(pipeline as {{ text }}) as pipeline,
        cast(stage as {{ text }}) as stage,
        cast(segment as {{ text }}) as segment,
        week_start,
        cast(n_periods as {{ dbt.type_bigint() }}) as n_periods,
        cast(median_seconds / 86400 as {{ double }}) as median_days,
        cast(previous_n_periods as {{ dbt.type_bigint() }}) as previous_n_periods,
        cast(previous_median_seconds / 86400 as {{ double }}) as previous_median_days,
        cast(
            (median_seconds - previous_median_seconds) / nullif(previous_median_seconds, 0)
            as {{ double }}
        ) as change,
        is_judged,
        is_shift
    from {{ ref('int_signals__stage_dwell_weeks') }}
)

select * from final
