-- One row per live open lead that is not being nurtured: whether anybody works it.
with records as (
    select * from {{ ref('int_crm__records') }}
    where object_type = 'lead'
),

leads as (
    select * from {{ ref('stg_crm__leads') }}
),

planned_activities as (
    select * from {{ ref('int_crm__planned_activities') }}
),

nurture_stages as (
    select * from {{ ref('nurture_stages') }}
),

nurtured as (
    select distinct records.record_sk
    from records
    inner join nurture_stages as stages
        on
            lower({{ strip('records.stage') }}) = lower(stages.stage)
            and stages.crm in ('*', records.crm)
),

planned as (
    select distinct
        crm,
        record_id
    from planned_activities
    where object_type = 'lead' and due_at > {{ as_of() }}
),

open_leads as (
    select
        records.record_sk,
        greatest(records.created_at, coalesce(records.last_activity_at, records.created_at))
            as worked_at,
        planned.record_id is not null as is_planned
    from records
    inner join leads on records.record_key = leads.record_key
    left join nurtured on records.record_sk = nurtured.record_sk
    left join planned
        on records.crm = planned.crm and records.record_id = planned.record_id
    where
        records.is_live
        and not leads.is_converted
        and coalesce(records.stage_kind, 'open') = 'open'
        and nurtured.record_sk is null
),

with_limit as (
    select
        *,
        {{ later('worked_at', 86400, threshold('hygiene__stale_lead_days')) }} as stale_at
    from open_leads
),

judged as (
    select
        *,
        stale_at <= {{ as_of() }} and not is_planned as is_breach
    from with_limit
),

final as (
    select
        record_sk,
        is_breach,
        case when is_breach then stale_at end as breached_since,
        case
            when is_breach
                then
                    'no activity for '
                    || {{ duration_text(seconds_between('worked_at', as_of())) }}
                    || ', none planned'
        end as detail
    from judged
)

select * from final
