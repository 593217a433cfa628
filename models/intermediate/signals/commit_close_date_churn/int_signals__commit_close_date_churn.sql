-- One row per close-date change in a period's last days, of an open deal past its milestone.
with field_changes as (
    select * from {{ ref('int_history__edits') }}
),

milestones as (
    select * from {{ ref('int_history__milestones') }}
),

open_spans as (
    select * from {{ ref('int_history__open_spans') }}
),

changes as (
    select
        changes.record_sk,
        changes.change_number,
        changes.changed_at,
        {{ business_time('changes.changed_at') }} as changed_at_local
    from field_changes as changes
    inner join milestones
        on changes.record_sk = milestones.record_sk
    where
        not changes.is_orphan
        and changes.object_type = 'opportunity'
        and changes.field = 'close_date'
        and changes.changed_at > milestones.first_milestone_at
),

in_period as (
    select
        record_sk,
        change_number,
        changed_at,
        changed_at_local,
        {{ business_period_end('changed_at_local') }} as period_end_local
    from changes
),

final as (
    select
        in_period.record_sk,
        'close_date' as field,
        in_period.change_number,
        in_period.changed_at as occurred_at,
        cast(null as {{ dbt.type_string() }}) as variant,
        cast(null as {{ dbt.type_string() }}) as part,
        'close date changed '
        || {{ duration_text(seconds_between(
            'in_period.changed_at_local', 'in_period.period_end_local'
        )) }}
        || ' before the end of the {{ var("business_period") }}' as detail,
        in_period.period_end_local
    from in_period
    inner join open_spans as spans
        on
            in_period.record_sk = spans.record_sk
            and in_period.changed_at >= spans.opened_at
            and (spans.closed_at is null or in_period.changed_at < spans.closed_at)
    where
        in_period.changed_at_local >= {{ later(
            'in_period.period_end_local', -86400, threshold('commit_close_date_churn__last_days')
        ) }}
)

select * from final
