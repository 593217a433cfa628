-- One row per stage and segment, per stage over all segments, and quantile of the usual stays.
with periods as (
    select
        crm,
        object_type,
        pipeline,
        stage,
        segment,
        dwell_seconds
    from {{ ref('int_history__stage_periods') }}
    where
        not is_terminal
        and dwell_seconds is not null
        and ended_at <= {{ as_of() }}
        and ended_at > {{ later(as_of(), -86400, threshold('dwell_baseline_days')) }}
),

dwell_quantiles as (
    select * from {{ ref('dwell_quantiles') }}
),

threshold_overrides as (
    select * from {{ ref('threshold_overrides') }}
),

quantiles as (
    select cast(quantile as decimal(6, 4)) as quantile
    from dwell_quantiles

    union

    -- Those of single CRMs and pipelines.
    select cast(value as decimal(6, 4)) as quantile
    from threshold_overrides
    where
        threshold_id in (
            'stage_dwell_anomaly__low_quantile', 'stage_dwell_anomaly__high_quantile'
        )

    {% for needed in [
        '0.1', '0.5', '0.9', threshold('stage_dwell_anomaly__low_quantile'),
        threshold('stage_dwell_anomaly__high_quantile'),
    ] %}
        union

        select cast({{ needed }} as decimal(6, 4)) as quantile

    {% endfor %}
),

segments as (
    select
        crm,
        object_type,
        pipeline,
        stage,
        segment,
        count(*) as n_periods,
        row_number() over (
            order by
                crm, object_type, pipeline nulls first, stage nulls first, segment nulls first
        ) as segment_sk,
        dense_rank() over (
            order by crm, object_type, pipeline nulls first, stage nulls first
        ) as stage_sk
    from periods
    group by crm, object_type, pipeline, stage, segment
),

numbered as (
    select
        segments.segment_sk,
        segments.stage_sk,
        periods.dwell_seconds
    from periods
    inner join segments
        on
            periods.crm = segments.crm
            and periods.object_type = segments.object_type
            and coalesce(periods.pipeline, '') = coalesce(segments.pipeline, '')
            and (periods.pipeline is null) = (segments.pipeline is null)
            and coalesce(periods.stage, '') = coalesce(segments.stage, '')
            and (periods.stage is null) = (segments.stage is null)
            and coalesce(periods.segment, '') = coalesce(segments.segment, '')
            and (periods.segment is null) = (segments.segment is null)
),

populations as (
    select
        crm,
        object_type,
        pipeline,
        stage,
        segment,
        false as is_all_segments,
        segment_sk as population_sk,
        n_periods
    from segments

    union all

    select
        crm,
        object_type,
        pipeline,
        stage,
        'all' as segment,
        true as is_all_segments,
        -stage_sk as population_sk,
        sum(n_periods) as n_periods
    from segments
    group by crm, object_type, pipeline, stage, stage_sk
),

members as (
    select
        segment_sk as population_sk,
        dwell_seconds,
        row_number() over (partition by segment_sk order by dwell_seconds) - 1 as place
    from numbered

    union all

    select
        -stage_sk as population_sk,
        dwell_seconds,
        row_number() over (partition by stage_sk order by dwell_seconds) - 1 as place
    from numbered
),

-- Linear interpolation between the two periods around the quantile's place, so that any set of
-- quantiles can be policy: engines' own percentile functions want them written in the SQL. Exact,
-- in decimals that hold a stay of 3,000 years: a stay that equals its limit is usual.
places as (
    select
        populations.population_sk,
        quantiles.quantile,
        quantiles.quantile * cast(populations.n_periods - 1 as decimal(18, 0)) as place
    from populations
    cross join quantiles
),

picked as (
    select
        places.population_sk,
        places.quantile,
        max(places.place - floor(places.place)) as fraction,
        cast(min(members.dwell_seconds) as decimal(20, 6)) as low,
        cast(max(members.dwell_seconds) as decimal(20, 6)) as high
    from places
    inner join members
        on
            places.population_sk = members.population_sk
            and members.place between floor(places.place) and ceil(places.place)
    group by places.population_sk, places.quantile
),

final as (
    select
        populations.crm,
        populations.object_type,
        populations.pipeline,
        populations.stage,
        populations.segment,
        populations.is_all_segments,
        populations.n_periods,
        picked.quantile,
        cast(
            -- Both sides with the digits of the product, or DuckDB adds them with too few.
            cast(picked.low as decimal(30, 10))
            + cast(
                cast(picked.high - picked.low as decimal(20, 6))
                * cast(picked.fraction as decimal(6, 4)) as decimal(30, 10)
            ) as {{ type_double() }}
        ) as dwell_seconds
    from picked
    inner join populations on picked.population_sk = populations.population_sk
)

select * from final
