-- One row per close-date change in a period's last days, of a committed and open deal.
with field_changes as (
    select * from {{ ref('int_history__edits') }}
),

commit_spans as (
    select * from {{ ref('int_history__commit_spans') }}
),

open_spans as (
    select * from {{ ref('int_history__open_spans') }}
),

changes as (
    select
        changes.record_sk,
        changes.change_number,
        changes.changed_at,
        {{ business_time('changes.changed_at') }} as changed_at_local,
        commit_spans.basis
    from field_changes as changes
    -- What is saved together with the commitment is not late; what is saved as it is given up is.
    inner join commit_spans
        on
            changes.record_sk = commit_spans.record_sk
            and changes.changed_at > commit_spans.committed_at
            and (
                commit_spans.uncommitted_at is null
                or changes.changed_at <= commit_spans.uncommitted_at
            )
    where
        not changes.is_orphan
        and changes.object_type = 'opportunity'
        and changes.field = 'close_date'
),

in_period as (
    select
        record_sk,
        change_number,
        changed_at,
        changed_at_local,
        basis,
        {{ business_period_end('changed_at_local') }} as period_end_local
    from changes
),

final as (
    select
        in_period.record_sk,
        'close_date' as field,
        in_period.change_number,
        in_period.changed_at as occurred_at,
        in_period.basis as variant,
        cast(null as {{ dbt.type_string() }}) as part,
        'close date changed '
        || {{ duration_text(seconds_between(
            'in_period.changed_at_local', 'in_period.period_end_local'
        )) }}
        || ' before the end of the {{ var("business_period") }}; committed by its '
        || case in_period.basis
            when 'forecast_category' then 'forecast category'
            when 'commit_stage' then 'stage, past the commit milestone'
            else 'stage, past the last open milestone (no forecast category, no commit milestone)'
        end as detail,
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
