-- One row per stage and segment, and per stage over all segments: how long a usual stay is, and
-- whether the segment's own stays are enough to judge by, or the stage's, or neither (basis).
{% set limits = {
    'p10': '0.1',
    'p50': '0.5',
    'p90': '0.9',
    'short': threshold('stage_dwell_anomaly__low_quantile'),
    'long': threshold('stage_dwell_anomaly__high_quantile'),
} %}

with quantiles as (
    select * from {{ ref('int_signals__dwell_quantiles') }}
),

pivoted as (
    select
        crm,
        object_type,
        pipeline,
        stage,
        segment,
        is_all_segments,
        {%- for name, quantile in limits.items() %}
            max(case when quantile = cast({{ quantile }} as decimal(6, 4)) then dwell_seconds end)
                as {{ name }}_seconds,
        {%- endfor %}
        max(n_periods) as n_periods
    from quantiles
    group by crm, object_type, pipeline, stage, segment, is_all_segments
),

with_stage as (
    select
        *,
        max(case when is_all_segments then n_periods end) over (
            partition by crm, object_type, pipeline, stage
        ) as n_stage_periods
    from pivoted
),

final as (
    select
        crm,
        object_type,
        pipeline,
        stage,
        segment,
        is_all_segments,
        n_periods,
        {%- for name in limits %}
            {{ name }}_seconds,
        {%- endfor %}
        case
            when not is_all_segments and n_periods >= {{ threshold('dwell_minimum_periods') }}
                then 'segment'
            when n_stage_periods >= {{ threshold('dwell_minimum_periods') }} then 'stage'
            else 'none'
        end as basis
    from with_stage
)

select * from final
