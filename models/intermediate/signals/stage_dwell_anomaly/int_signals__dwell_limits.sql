-- One row per stage and segment, and per stage over all segments: how long a usual stay is, and
-- whether the segment's own stays are enough to judge by, or the stage's, or neither (basis).
{% set limits = {
    'p10': '0.1',
    'p50': '0.5',
    'p90': '0.9',
    'short': 'short_share',
    'long': 'long_share',
} %}

with quantiles as (
    select * from {{ ref('int_signals__dwell_quantiles') }}
),

places as (
    select distinct
        crm,
        coalesce(pipeline, '') as pipeline
    from quantiles
),

scoped_shares as (
    {{ scoped_thresholds('places', ['crm', 'pipeline']) }}
),

-- A stage is judged by the shares of its CRM and pipeline.
shares as (
    select
        places.crm,
        places.pipeline,
        coalesce(
            max(
                case
                    when scoped.threshold_id = 'stage_dwell_anomaly__low_quantile'
                        then scoped.value
                end
            ),
            {{ threshold('stage_dwell_anomaly__low_quantile') }}
        ) as short_share,
        coalesce(
            max(
                case
                    when scoped.threshold_id = 'stage_dwell_anomaly__high_quantile'
                        then scoped.value
                end
            ),
            {{ threshold('stage_dwell_anomaly__high_quantile') }}
        ) as long_share
    from places
    left join scoped_shares as scoped
        on
            places.crm = scoped.crm
            and places.pipeline = scoped.pipeline
    group by places.crm, places.pipeline
),

with_shares as (
    select
        quantiles.*,
        shares.short_share,
        shares.long_share
    from quantiles
    inner join shares
        on
            quantiles.crm = shares.crm
            and coalesce(quantiles.pipeline, '') = shares.pipeline
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
    from with_shares
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
