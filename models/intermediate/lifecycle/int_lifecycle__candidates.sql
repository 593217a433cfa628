{%- set local_time = business_time('instants.first_candidate_at') -%}
{#- A Monday, so that a day's number tells its weekday on every engine. -#}
{%- set first_day = "cast('2000-01-03' as " ~ dbt.type_timestamp() ~ ")" -%}
{%- set digits = [] -%}
{%- for digit in range(10) -%}{%- do digits.append([digit | string]) -%}{%- endfor -%}
with decisions as (
    select
        record_key,
        crm,
        object_type,
        record_id,
        decision,
        rule_id
    from {{ ref('lifecycle_decisions') }}
    where decision in ('archive', 'anonymize', 'delete', 'quarantine')
),

logged as (
    select
        log.record_key,
        log.decision,
        log.rule_id,
        log.decision_since,
        log.rule_since,
        row_number() over (
            partition by log.record_key order by log.decided_at desc, log.logged_at desc
        ) as place
    from {{ ref('lifecycle_decision_log') }} as log
    inner join decisions on log.record_key = decisions.record_key
    where log.decided_at <= {{ as_of() }}
),

candidates as (
    select
        decisions.*,
        case
            when decisions.decision = logged.decision then logged.decision_since
            else {{ as_of() }}
        end as first_candidate_at,
        case
            when decisions.decision = logged.decision and decisions.rule_id = logged.rule_id
                then logged.rule_since
            else {{ as_of() }}
        end as rule_since
    from decisions
    left join logged on decisions.record_key = logged.record_key and logged.place = 1
),

digits as (
    select digit from {{ literal_rows(['digit'], digits) }}
),

-- Until 2054.
numbered as (
    select
        cast(
            halves.digit * 10000 + thousands.digit * 1000 + hundreds.digit * 100 + tens.digit * 10
            + ones.digit as integer
        ) as day_number
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    cross join digits as thousands
    cross join digits as halves
    where halves.digit < 2
),

calendar as (
    select
        day_number,
        cast({{ dbt.dateadd('day', 'day_number', first_day) }} as date) as calendar_day
    from numbered
),

judged as (
    select
        calendar.day_number,
        calendar.calendar_day,
        (calendar.day_number % 7 < 5 and holidays.holiday_date is null) as is_business_day
    from calendar
    left join {{ ref('holidays') }} as holidays on calendar.calendar_day = holidays.holiday_date
),

business_days as (
    select
        *,
        sum(case when is_business_day then 1 else 0 end) over (
            order by day_number rows between unbounded preceding and current row
        ) as n_business_days
    from judged
),

-- Candidates are many and their first instants few.
instants as (
    select distinct first_candidate_at
    from candidates
),

windows as (
    select
        instants.first_candidate_at,
        {{ business_instant(
            later(local_time, 86400, '(due_days.day_number - first_days.day_number)')
        ) }} as review_due_at
    from instants
    inner join business_days as first_days
        on cast({{ local_time }} as date) = first_days.calendar_day
    inner join business_days as due_days
        on
            first_days.n_business_days
            + cast({{ threshold('review_window__business_days') }} as integer)
            = due_days.n_business_days
            and due_days.is_business_day
),

final as (
    select
        candidates.*,
        windows.review_due_at
    from candidates
    inner join windows on candidates.first_candidate_at = windows.first_candidate_at
)

select * from final
