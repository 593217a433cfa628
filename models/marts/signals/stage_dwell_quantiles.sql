-- One row per stage and segment, per stage over all segments, and quantile.
{% set text = dbt.type_string() %}

with final as (
    select
        cast(crm as {{ text }}) as crm,
        cast(object_type as {{ text }}) as object_type,
        cast(pipeline as {{ text }}) as pipeline,
        cast(stage as {{ text }}) as stage,
        cast(segment as {{ text }}) as segment,
        quantile,
        cast(n_periods as {{ dbt.type_bigint() }}) as n_periods,
        cast(dwell_seconds / 86400 as {{ type_double() }}) as dwell_days
    from {{ ref('int_signals__dwell_quantiles') }}
)

select * from final
