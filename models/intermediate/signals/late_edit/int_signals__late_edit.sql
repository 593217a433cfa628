-- One row per change after the record's first milestone that should not come so late.
with field_changes as (
    select * from {{ ref('int_history__edits') }}
),

stage_changes as (
    select * from {{ ref('int_history__stage_changes') }}
),

milestones as (
    select * from {{ ref('int_history__milestones') }}
),

commit_spans as (
    select * from {{ ref('int_history__commit_spans') }}
),

edits as (
    select
        record_sk,
        field,
        change_number,
        changed_at
    from field_changes
    where not is_orphan and field in ('close_date', 'amount', 'lead_source')

    union all

    select
        record_sk,
        field,
        change_number,
        changed_at
    from stage_changes
    where is_regression
),

late as (
    select
        edits.record_sk,
        edits.field,
        edits.change_number,
        edits.changed_at,
        milestones.first_milestone_at
    from edits
    inner join milestones on edits.record_sk = milestones.record_sk
    where edits.changed_at > milestones.first_milestone_at
),

while_committed as (
    select
        late.record_sk,
        late.field,
        late.change_number
    from late
    inner join commit_spans
        on
            late.record_sk = commit_spans.record_sk
            and late.changed_at > commit_spans.committed_at
            and (
                commit_spans.uncommitted_at is null
                or late.changed_at <= commit_spans.uncommitted_at
            )
),

final as (
    select
        late.record_sk,
        late.field,
        late.change_number,
        late.changed_at as occurred_at,
        late.field as variant,
        cast(null as {{ dbt.type_string() }}) as part,
        case
            when late.field in ('stage', 'status') then 'moved to a lower stage '
            else late.field || ' changed '
        end
        || {{ duration_text(seconds_between('late.first_milestone_at', 'late.changed_at')) }}
        || ' after the first milestone'
        || case when while_committed.record_sk is null then '' else ', while committed' end
            as detail
    from late
    left join while_committed
        on
            late.record_sk = while_committed.record_sk
            and late.field = while_committed.field
            and late.change_number = while_committed.change_number
)

select * from final
