with nurtured as (
    select distinct records.record_sk
    from {{ ref('int_crm__records') }} as records
    inner join {{ ref('nurture_stages') }} as stages
        on
            lower({{ strip('records.stage') }}) = lower(stages.stage)
            and stages.crm in ('*', records.crm)
    where records.object_type = 'lead'
),

planned as (
    select distinct
        links.crm,
        links.record_id
    from {{ ref('stg_crm__activities') }} as activities
    inner join {{ ref('stg_crm__activity_links') }} as links
        on activities.crm = links.crm and activities.activity_id = links.activity_id
    where
        activities.is_live
        and activities.is_planned
        and activities.occurred_at > {{ as_of() }}
        and links.object_type = 'lead'
),

open_leads as (
    select
        records.record_sk,
        greatest(records.created_at, coalesce(records.last_activity_at, records.created_at))
            as worked_at,
        planned.record_id is not null as is_planned
    from {{ ref('int_crm__records') }} as records
    inner join {{ ref('stg_crm__leads') }} as leads on records.record_key = leads.record_key
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
