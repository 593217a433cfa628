-- One row per stage of a segment and week that was over at as_of: the median stay, against the week
-- before. The median of a running week still moves.
with periods as (
    select * from {{ ref('int_history__stage_periods') }}
),

ended as (
    select
        record_sk,
        crm,
        object_type,
        pipeline,
        stage,
        segment,
        dwell_seconds,
        cast({{ dbt.date_trunc('week', business_time('ended_at')) }} as date) as week_start
    from periods
    where not is_terminal and ended_at is not null and dwell_seconds is not null
),

weekly as (
    select
        crm,
        object_type,
        pipeline,
        stage,
        segment,
        week_start,
        {{ business_instant(
            'cast(' ~ dbt.dateadd('day', 7, 'week_start') ~ ' as ' ~ dbt.type_timestamp() ~ ')'
        ) }} as week_ended_at,
        min(record_sk) as record_sk,
        count(*) as n_periods,
        percentile_cont(0.5) within group (order by dwell_seconds) as median_seconds
    from ended
    group by crm, object_type, pipeline, stage, segment, week_start
),

paired as (
    select
        *,
        lag(week_start) over (
            partition by crm, object_type, pipeline, stage, segment order by week_start
        ) as last_week_start,
        lag(n_periods) over (
            partition by crm, object_type, pipeline, stage, segment order by week_start
        ) as last_n_periods,
        lag(median_seconds) over (
            partition by crm, object_type, pipeline, stage, segment order by week_start
        ) as last_median_seconds
    from weekly
    where week_ended_at <= {{ as_of() }}
),

flagged as (
    select
        *,
        last_week_start = cast({{ dbt.dateadd('day', -7, 'week_start') }} as date)
            as is_week_before
    from paired
),

with_week_before as (
    select
        crm,
        object_type,
        pipeline,
        stage,
        segment,
        week_start,
        week_ended_at,
        record_sk,
        n_periods,
        median_seconds,
        case when is_week_before then last_n_periods end as previous_n_periods,
        case when is_week_before then last_median_seconds end as previous_median_seconds
    from flagged
),

final as (
    select
        *,
        coalesce(
            n_periods >= {{ threshold('stage_dwell_shift__minimum_periods') }}
            and previous_n_periods >= {{ threshold('stage_dwell_shift__minimum_periods') }},
            false
        ) as is_judged,
        coalesce(
            n_periods >= {{ threshold('stage_dwell_shift__minimum_periods') }}
            and previous_n_periods >= {{ threshold('stage_dwell_shift__minimum_periods') }}
            and abs(median_seconds - previous_median_seconds)
            > cast({{ threshold('stage_dwell_shift__change') }} as {{ type_double() }})
            * previous_median_seconds,
            false
        ) as is_shift
    from with_week_before
)

select * from final
