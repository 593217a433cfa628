-- One row per activity known at as_of, in all CRMs: what was done and what is planned.
with users as (
    select
        crm,
        user_id,
        kind
    from {{ ref('stg_crm__users') }}
),

-- known_at: when it was entered, NULL where that is not told.
told as (
    {{ crm_union('activities', [
        'activity_id', 'known_at', 'occurred_at', 'activity_type', 'direction', 'status',
        'is_automated', 'created_by_id', 'account_id', 'contact_id', 'lead_id', 'opportunity_id',
        'owner_id', 'is_day_only', 'disposition', 'is_deleted',
    ]) }}
),

final as (
    select
        {{ record_key('told.crm', "'activity'", 'told.activity_id') }} as record_key,
        told.crm,
        told.activity_id,
        told.known_at,
        told.occurred_at,
        told.activity_type,
        told.direction,
        -- What is done after as_of was still planned then; what is canceled is not.
        case
            when told.occurred_at > {{ as_of() }} and told.status <> 'canceled' then 'planned'
            else told.status
        end as status,
        coalesce(
            told.status = 'planned'
            or (told.occurred_at > {{ as_of() }} and told.status <> 'canceled'),
            false
        ) as is_planned,
        case when creators.kind = 'automation' then true else told.is_automated end as is_automated,
        told.account_id,
        told.contact_id,
        told.lead_id,
        told.opportunity_id,
        told.owner_id,
        coalesce(told.is_day_only, false) as is_day_only,
        told.disposition,
        told.is_deleted,
        not told.is_deleted as is_live
    from told
    left join users as creators
        on told.crm = creators.crm and told.created_by_id = creators.user_id
    where
        coalesce(told.known_at, told.occurred_at) <= {{ as_of() }}
        or (told.known_at is null and told.status = 'planned')
)

select * from final
