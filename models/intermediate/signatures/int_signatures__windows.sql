-- One row per window that failure signatures are measured in: so many days up to as_of, and the
-- last business period that has ended, since what comes at a period's end needs the whole of it.
with last_periods as (
    select
        {{ business_period_start(business_time(as_of())) }} as ended_local
),

current_periods as (
    select
        {{ business_period_start(later('ended_local', -86400, 1)) }} as started_local,
        ended_local
    from last_periods
),

windows as (
    select
        'current' as signature_window,
        {{ signature_window_end(1) }} as started_at,
        {{ as_of() }} as ended_at,
        started_local,
        ended_local
    from current_periods

    union all

    select
        'previous' as signature_window,
        {{ signature_window_end(2) }} as started_at,
        {{ signature_window_end(1) }} as ended_at,
        {{ business_period_start(later('started_local', -86400, 1)) }} as started_local,
        started_local as ended_local
    from current_periods
),

with_last_days as (
    select
        *,
        {{ later('ended_local', -86400, threshold('period_end_edits__days')) }}
            as last_days_from_local
    from windows
),

final as (
    select
        signature_window,
        started_at,
        ended_at,
        started_local as period_started_local,
        ended_local as period_ended_local,
        last_days_from_local,
        {{ business_instant('started_local') }} as period_started_at,
        {{ business_instant('ended_local') }} as period_ended_at,
        {{ seconds_between('last_days_from_local', 'ended_local') }}
        / {{ seconds_between('started_local', 'ended_local') }} as share_of_last_days
    from with_last_days
)

select * from final
