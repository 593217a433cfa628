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

final as (
    select
        edits.record_sk,
        edits.field,
        edits.change_number,
        edits.changed_at as occurred_at,
        edits.field as variant,
        cast(null as {{ dbt.type_string() }}) as part,
        case
            when edits.field in ('stage', 'status') then 'moved to a lower stage '
            else edits.field || ' changed '
        end
        || {{ duration_text(seconds_between('milestones.first_milestone_at', 'edits.changed_at')) }}
        || ' after the first milestone' as detail
    from edits
    inner join milestones
        on edits.record_sk = milestones.record_sk
    where edits.changed_at > milestones.first_milestone_at
)

select * from final
