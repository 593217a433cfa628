-- One row per derived clock that a status of its lead paused: how long, and why.
with clocks as (
    select * from {{ ref('int_journey__derived_clocks') }}
),

stage_periods as (
    select * from {{ ref('int_history__stage_periods') }}
),

sla_policy as (
    select * from {{ ref('sla_policy') }}
    where pausing_statuses is not null
),

pausing as (
    select
        sla_policy.sla,
        {{ strip('parts.part') }} as status
    from sla_policy, {{ split_rows('sla_policy.pausing_statuses', ';') }}
),

cut_out as (
    select
        clocks.sla_clock_key,
        clocks.stopped_at,
        pausing.status,
        case
            when periods.started_at > clocks.started_at then periods.started_at
            else clocks.started_at
        end as paused_at,
        periods.ended_at,
        case
            when periods.ended_at <= coalesce(clocks.stopped_at, {{ as_of() }})
                then periods.ended_at
            else coalesce(clocks.stopped_at, {{ as_of() }})
        end as resumed_at
    from clocks
    inner join stage_periods as periods
        on
            clocks.record_sk = periods.record_sk
            and periods.started_at < coalesce(clocks.stopped_at, {{ as_of() }})
            and (periods.ended_at is null or clocks.started_at < periods.ended_at)
    inner join pausing
        on clocks.sla = pausing.sla and lower({{ strip('periods.stage') }}) = pausing.status
),

totals as (
    select
        sla_clock_key,
        sum({{ seconds_between('paused_at', 'resumed_at') }}) as paused_seconds,
        max(case when stopped_at is null and ended_at is null then 1 else 0 end) = 1 as is_paused
    from cut_out
    group by sla_clock_key
),

statuses as (
    select distinct
        sla_clock_key,
        status
    from cut_out
),

reasons as (
    select
        sla_clock_key,
        {{ sorted_list('status') }} as pause_reasons
    from statuses
    group by sla_clock_key
),

final as (
    select
        totals.sla_clock_key,
        totals.paused_seconds,
        totals.is_paused,
        reasons.pause_reasons
    from totals
    inner join reasons on totals.sla_clock_key = reasons.sla_clock_key
)

select * from final
