-- One row per live open deal without a next step, or without activity. A deal counts as worked on
-- when it is created, so that a new one has as long as any other for its first activity.
with crm_inputs as (
    select * from {{ ref('int_crm__inputs') }}
),

planned_activities as (
    select * from {{ ref('int_crm__planned_activities') }}
),

field_changes as (
    select * from {{ ref('stg_crm__field_changes') }}
),

records as (
    select * from {{ ref('int_crm__records') }}
),

inputs as (
    select
        crm,
        max(case when input = 'next_step' then 1 else 0 end) = 1 as has_next_steps,
        max(case when input = 'activities' then 1 else 0 end) = 1 as has_activities
    from crm_inputs
    where object_type = 'opportunity'
    group by crm
),

planned as (
    select distinct
        crm,
        record_id
    from planned_activities
    where object_type = 'opportunity'
),

last_changes as (
    select
        record_sk,
        max(change_number) as change_number,
        max(changed_at) as changed_at
    from field_changes
    where not is_orphan and object_type = 'opportunity' and field = 'next_step'
    group by record_sk
),

open_deals as (
    select
        records.record_sk,
        records.created_at,
        greatest(records.created_at, coalesce(records.last_activity_at, records.created_at))
            as worked_at,
        inputs.has_next_steps
        and {{ blank_to_null('records.next_step') }} is null as is_next_step_blank,
        inputs.has_activities and planned.record_id is null as can_be_quiet
    from records
    inner join inputs on records.crm = inputs.crm
    left join planned
        on records.crm = planned.crm and records.record_id = planned.record_id
    where
        records.object_type = 'opportunity'
        and records.is_live
        and coalesce(records.stage_kind, 'open') = 'open'
),

since as (
    select
        open_deals.record_sk,
        open_deals.worked_at,
        last_changes.change_number,
        case
            when open_deals.is_next_step_blank
                then coalesce(last_changes.changed_at, open_deals.created_at)
        end as blank_from_at,
        case
            when open_deals.can_be_quiet
                then {{ later(
                    'open_deals.worked_at', 86400, threshold('missing_next_step__days')
                ) }}
        end as quiet_from_at
    from open_deals
    left join last_changes on open_deals.record_sk = last_changes.record_sk
),

judged as (
    select
        *,
        {{ duration_text(seconds_between('worked_at', as_of())) }} as quiet_for,
        blank_from_at is not null as is_blank,
        coalesce(quiet_from_at < {{ as_of() }}, false) as is_quiet
    from since
),

ordered as (
    select
        *,
        is_quiet and (not is_blank or quiet_from_at < blank_from_at) as is_quiet_first
    from judged
    where is_blank or is_quiet
),

final as (
    select
        record_sk,
        case
            when not is_quiet_first and change_number is not null then 'next_step'
        end as field,
        case when not is_quiet_first then change_number end as change_number,
        case when is_quiet_first then quiet_from_at else blank_from_at end as occurred_at,
        cast(null as {{ dbt.type_string() }}) as part,
        case when is_blank then 'no next step' else '' end
        || case when is_blank and is_quiet then ', ' else '' end
        || case
            when is_quiet then 'no activity for ' || quiet_for || ' and none planned'
            else ''
        end as detail
    from ordered
)

select * from final
