-- One row per calendar day from 2000-01-03 to 2054-10-05: which are business days, counted through.
-- The first is a Monday, so that a day's number tells its weekday on every engine.
{%- set first_day = "cast('2000-01-03' as date)" %}

with holidays as (
    select * from {{ ref('holidays') }}
),

days as (
    select
        day_number,
        cast({{ dbt.dateadd('day', 'day_number', first_day) }} as date) as calendar_day
    from {{ day_series(20000) }}
),

judged as (
    select
        days.day_number,
        days.calendar_day,
        (days.day_number % 7 < 5 and holidays.holiday_date is null) as is_business_day
    from days
    left join holidays on days.calendar_day = holidays.holiday_date
),

final as (
    select
        day_number,
        calendar_day,
        is_business_day,
        cast(sum(case when is_business_day then 1 else 0 end) over (
            order by day_number rows between unbounded preceding and current row
        ) as integer) as n_business_days
    from judged
)

select * from final
