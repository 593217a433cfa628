-- One row per team with working hours of its own (or *), UTC day and piece of it that begins with a
-- span of working hours, or with the day: business seconds are two look-ups here.
{%- set instant = dbt.type_timestamp() -%}
{%- set text = dbt.type_string() %}

with working_hours as (
    select
        lower({{ strip('team') }}) as calendar,
        weekday,
        opens_at,
        closes_at,
        coalesce({{ strip('time_zone') }}, '{{ var('business_timezone') }}') as time_zone
    from {{ ref('working_hours') }}
),

holidays as (
    select * from {{ ref('holidays') }}
),

all_days as (
    select * from {{ ref('int_calendar__days') }}
),

days as (
    select
        all_days.calendar_day,
        all_days.day_number % 7 + 1 as weekday
    from all_days
    left join holidays on all_days.calendar_day = holidays.holiday_date
    where holidays.holiday_date is null
),

spans as (
    select
        hours.calendar,
        {{ zone_instant(at_time('days.calendar_day', 'hours.opens_at'), 'hours.time_zone') }}
            as opened_at,
        {{ zone_instant(at_time('days.calendar_day', 'hours.closes_at'), 'hours.time_zone') }}
            as closed_at
    from working_hours as hours
    inner join days on hours.weekday = days.weekday
),

-- A span lies on two UTC days at most, on three where a clock is put back.
dated as (
    select
        spans.calendar,
        spans.opened_at,
        spans.closed_at,
        cast({{ dbt.dateadd(
            'day', 'later.day_number', dbt.date_trunc('day', 'spans.opened_at')
        ) }} as {{ instant }}) as day_starts_at
    from spans
    cross join {{ day_series(3, 'later') }}
),

worked as (
    select
        calendar,
        case when opened_at > day_starts_at then opened_at else day_starts_at end as starts_at,
        case
            when closed_at < {{ dbt.dateadd('day', 1, 'day_starts_at') }} then closed_at
            else {{ dbt.dateadd('day', 1, 'day_starts_at') }}
        end as ends_at
    from dated
    where closed_at > opened_at and closed_at > day_starts_at
),

calendars as (
    select distinct calendar
    from working_hours
),

pieces as (
    select
        calendar,
        starts_at,
        ends_at
    from worked

    union all

    select
        calendars.calendar,
        cast(all_days.calendar_day as {{ instant }}) as starts_at,
        cast(all_days.calendar_day as {{ instant }}) as ends_at
    from calendars
    cross join all_days
),

final as (
    select
        cast(calendar as {{ text }}) as calendar,
        cast(starts_at as date) as calendar_day,
        starts_at,
        ends_at,
        lead(starts_at) over (partition by calendar order by starts_at, ends_at) as next_at,
        coalesce(
            sum({{ seconds_between('starts_at', 'ends_at') }}) over (
                partition by calendar
                order by starts_at, ends_at
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as seconds_before
    from pieces
)

select * from final
