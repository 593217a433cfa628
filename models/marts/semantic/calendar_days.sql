-- One row per day from 2015-01-01 on, ten thousand of them: the time spine of the metrics.
with days as (
    select * from {{ ref('int_calendar__days') }}
),

final as (
    select calendar_day as calendar_date
    from days
    where calendar_day between cast('2015-01-01' as date) and cast('2042-05-18' as date)
)

select * from final
