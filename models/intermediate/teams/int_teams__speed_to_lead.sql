-- One row per new lead that was touched or whose time to be is over: whether it was in time. Where
-- only a day is told of what may have been the first touch, only that of the entry is in time.
{%- set window_start = later(as_of(), -86400, threshold('rate_window_days')) %}

with responses as (
    select
        record_sk,
        entered_at,
        first_touch_at,
        first_day_only_touch_date,
        {{ later('entered_at', 3600, threshold('speed_to_lead__hours')) }} as due_at
    from {{ ref('int_journey__responses') }}
    where
        entered_at > {{ window_start }}
        and tells_touches
        -- Nobody need reach out to one that was given up.
        and not is_disqualified
        and left_out_reason is null
),

judged as (
    select
        record_sk,
        entered_at,
        due_at,
        first_touch_at,
        coalesce(first_day_only_touch_date <= cast(entered_at as date), false)
            as is_touched_that_day,
        coalesce(first_day_only_touch_date <= cast(due_at as date), false)
            as is_touched_on_a_day_in_time,
        {{ seconds_between('entered_at', 'first_touch_at') }} as seconds_to_touch,
        {{ seconds_between('entered_at', as_of()) }} as seconds_old
    from responses
),

final as (
    select
        record_sk,
        cast(null as {{ dbt.type_string() }}) as part,
        coalesce(first_touch_at <= due_at, false) or is_touched_that_day as is_counted,
        case when not is_touched_that_day then seconds_to_touch / 3600 end as hours,
        entered_at as occurred_at,
        case
            when is_touched_that_day and coalesce(first_touch_at > due_at, true)
                then 'first touch on the day it came in'
            when first_touch_at is null
                then 'not touched for ' || {{ duration_text('seconds_old') }}
            else 'first touch after ' || {{ duration_text('seconds_to_touch') }}
        end as detail
    from judged
    where
        first_touch_at <= due_at
        or is_touched_that_day
        or (due_at < {{ as_of() }} and not is_touched_on_a_day_in_time)
)

select * from final
