{%- set digits = [] -%}
{%- for digit in range(10) -%}{%- do digits.append([digit | string]) -%}{%- endfor -%}
-- The business periods that had ended by as_of, back to the baseline of the first day shown, and
-- the opportunities past their milestone that were open in the last days of each.
with policy as (
    select
        cast({{ threshold('rate_history_days') }} as integer)
        + cast({{ threshold('rate_baseline_days') }} as integer) as history_days
),

digits as (
    select digit from {{ literal_rows(['digit'], digits) }}
),

numbers as (
    select hundreds.digit * 100 + tens.digit * 10 + ones.digit as days_back
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
),

days as (
    select {{ business_time(later(as_of(), -86400, 'numbers.days_back')) }} as day_local
    from numbers
    cross join policy
    where numbers.days_back <= policy.history_days
),

period_ends as (
    select distinct {{ business_period_start('day_local') }} as period_end_local
    from days
),

periods as (
    select
        period_end_local,
        {{ business_instant('period_end_local') }} as ended_at,
        {{ business_instant(later(
            'period_end_local', -86400, threshold('commit_close_date_churn__last_days')
        )) }} as last_days_from
    from period_ends
),

exposed as (
    select distinct
        records.record_sk,
        records.crm,
        records.object_type,
        records.segment,
        periods.period_end_local
    from {{ ref('int_history__milestones') }} as milestones
    inner join {{ ref('int_crm__records') }} as records
        on milestones.record_sk = records.record_sk and records.object_type = 'opportunity'
    inner join {{ ref('int_history__open_spans') }} as spans
        on milestones.record_sk = spans.record_sk
    inner join periods
        on
            milestones.first_milestone_at < periods.ended_at
            and spans.opened_at < periods.ended_at
            and (spans.closed_at is null or spans.closed_at > periods.last_days_from)
),

churned as (
    select distinct
        record_sk,
        period_end_local
    from {{ ref('int_signals__commit_close_date_churn') }}
),

final as (
    select
        exposed.crm,
        exposed.object_type,
        exposed.segment,
        cast({{ dbt.dateadd('day', -1, 'exposed.period_end_local') }} as date) as period_end_date,
        count(churned.record_sk) as numerator,
        count(*) as denominator
    from exposed
    left join churned
        on
            exposed.record_sk = churned.record_sk
            and exposed.period_end_local = churned.period_end_local
    group by exposed.crm, exposed.object_type, exposed.segment, exposed.period_end_local
)

select * from final
