-- One row per business period that had ended by as_of and deal that was committed and open in the
-- last days of it, on the period's last day; back to the baseline of the first day.
{{ config(materialized='view') }}

with records as (
    select record_sk
    from {{ ref('int_crm__records') }}
    where object_type = 'opportunity'
),

commit_spans as (
    select * from {{ ref('int_history__commit_spans') }}
),

spans as (
    select * from {{ ref('int_history__open_spans') }}
),

commit_close_date_churn as (
    select * from {{ ref('int_signals__commit_close_date_churn') }}
),

policy as (
    select
        {{ threshold('rate_history_days') }} + {{ threshold('rate_baseline_days') }} as n_days
),

churns as (
    select distinct
        record_sk,
        period_end_local
    from commit_close_date_churn
),

days as (
    select {{ business_time(later(as_of(), -86400, 'days_back.day_number')) }} as day_local
    from {{ day_series(1000, 'days_back') }}
    cross join policy
    where days_back.day_number <= policy.n_days
),

period_ends as (
    select distinct {{ business_period_start('day_local') }} as period_end_local
    from days
),

periods as (
    select
        period_end_local,
        cast({{ dbt.dateadd('day', -1, 'period_end_local') }} as date) as period_end_date,
        {{ business_instant('period_end_local') }} as ended_at,
        {{ business_instant(later(
            'period_end_local', -86400, threshold('commit_close_date_churn__last_days')
        )) }} as last_days_from
    from period_ends
),

open_in_last_days as (
    select distinct
        records.record_sk,
        periods.period_end_local,
        periods.period_end_date
    from commit_spans
    inner join records on commit_spans.record_sk = records.record_sk
    inner join spans
        on
            commit_spans.record_sk = spans.record_sk
            and (spans.closed_at is null or commit_spans.committed_at < spans.closed_at)
            and (
                commit_spans.uncommitted_at is null
                or commit_spans.uncommitted_at >= spans.opened_at
            )
    inner join periods
        on
            commit_spans.committed_at < periods.ended_at
            and (
                commit_spans.uncommitted_at is null
                or commit_spans.uncommitted_at >= periods.last_days_from
            )
            and spans.opened_at < periods.ended_at
            and (spans.closed_at is null or spans.closed_at > periods.last_days_from)
),

judged as (
    select
        exposed.record_sk,
        exposed.period_end_date,
        cast(exposed.period_end_date as {{ dbt.type_timestamp() }}) as last_day_at,
        row_number() over (order by exposed.record_sk, exposed.period_end_date) as period_sk,
        churns.record_sk is not null as is_churned
    from open_in_last_days as exposed
    left join churns
        on
            exposed.record_sk = churns.record_sk
            and exposed.period_end_local = churns.period_end_local
),

final as (
    select
        {{ exposed('last_day_at', unit_sk='period_sk', has_evidence='is_churned') }},
        period_end_date
    from judged
)

select * from final
