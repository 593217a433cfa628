-- One row per live open deal: whether its next step is there and due in the days to come.
{%- set last_day = later(as_of(), 86400, threshold('hygiene__next_step_days')) -%}
{%- set today = dbt.date_trunc('day', as_of()) %}

with records as (
    select * from {{ ref('int_crm__records') }}
    where object_type = 'opportunity'
),

opportunities as (
    select * from {{ ref('stg_crm__opportunities') }}
),

field_changes as (
    select * from {{ ref('stg_crm__field_changes') }}
    where not is_orphan and object_type = 'opportunity' and field = 'next_step'
),

inputs as (
    select * from {{ ref('int_crm__inputs') }}
),

planned_activities as (
    select * from {{ ref('int_crm__planned_activities') }}
),

activity_inputs as (
    select crm
    from inputs
    where object_type = 'opportunity' and input = 'activities'
),

-- What is due today is not overdue: most CRMs know only its day.
planned as (
    select distinct
        crm,
        record_id
    from planned_activities
    where object_type = 'opportunity' and due_at >= {{ today }} and due_at <= {{ last_day }}
),

last_changes as (
    select
        record_sk,
        max(changed_at) as changed_at
    from field_changes
    group by record_sk
),

open_deals as (
    select
        records.record_sk,
        {{ later('records.created_at', 86400, threshold('hygiene__next_step_days')) }} as due_at,
        {{ blank_to_null('records.next_step') }} is null as is_blank,
        last_changes.changed_at,
        opportunities.next_step_at,
        planned.record_id is not null as is_planned,
        case
            when activity_inputs.crm is not null
                then greatest(
                    records.created_at, coalesce(records.last_activity_at, records.created_at)
                )
        end as worked_at
    from records
    inner join opportunities on records.record_key = opportunities.record_key
    left join activity_inputs on records.crm = activity_inputs.crm
    left join planned
        on records.crm = planned.crm and records.record_id = planned.record_id
    left join last_changes on records.record_sk = last_changes.record_sk
    where records.is_live and coalesce(records.stage_kind, 'open') = 'open'
),

quiet as (
    select
        *,
        {{ later('worked_at', 86400, threshold('hygiene__next_step_days')) }} as quiet_at
    from open_deals
),

judged as (
    select
        *,
        case
            when due_at >= {{ as_of() }} then null
            when is_blank then 'blank'
            when is_planned then null
            when next_step_at < {{ today }} then 'overdue'
            when next_step_at > {{ last_day }} then 'far'
            when next_step_at is null and quiet_at < {{ as_of() }} then 'quiet'
        end as breach
    from quiet
),

final as (
    select
        record_sk,
        breach is not null as is_breach,
        case breach
            when 'blank' then greatest(due_at, coalesce(changed_at, due_at))
            when 'overdue' then greatest(due_at, next_step_at)
            when 'quiet' then quiet_at
        end as breached_since,
        case breach
            when 'blank' then 'no next step'
            when 'overdue'
                then
                    'next step overdue for '
                    || {{ duration_text(seconds_between('next_step_at', as_of())) }}
            when 'far'
                then
                    'next step not due for '
                    || {{ duration_text(seconds_between(as_of(), 'next_step_at')) }}
                    || ', no activity planned before'
            when 'quiet'
                then
                    'no activity for '
                    || {{ duration_text(seconds_between('worked_at', as_of())) }}
                    || ', none planned'
        end as detail
    from judged
)

select * from final
