-- The first and last activity that was done on a record by as_of; an account has also those of its contacts and
-- opportunities.
with activities as (
    select
        activities.crm,
        activities.occurred_at,
        coalesce(activities.account_id, opportunities.account_id, contacts.account_id) as account_id,
        activities.contact_id,
        activities.lead_id,
        activities.opportunity_id
    from {{ ref('stg_crm__activities') }} as activities
    left join {{ ref('stg_crm__opportunities') }} as opportunities
        on
            activities.crm = opportunities.crm
            and activities.opportunity_id = opportunities.opportunity_id
    left join {{ ref('stg_crm__contacts') }} as contacts
        on activities.crm = contacts.crm and activities.contact_id = contacts.contact_id
    where
        activities.is_live
        and not activities.is_planned
        and activities.occurred_at <= {{ as_of() }}
),

links as (
    select
        activities.crm,
        objects.object_type,
        activities.occurred_at,
        case objects.object_type
            when 'account' then activities.account_id
            when 'contact' then activities.contact_id
            when 'lead' then activities.lead_id
            when 'opportunity' then activities.opportunity_id
        end as record_id
    from activities
    cross join (
        select 'account' as object_type
        union all
        select 'contact' as object_type
        union all
        select 'lead' as object_type
        union all
        select 'opportunity' as object_type
    ) as objects
),

final as (
    select
        {{ record_key('crm', 'object_type', 'record_id') }} as record_key,
        min(occurred_at) as first_activity_at,
        max(occurred_at) as last_activity_at
    from links
    where record_id is not null
    group by crm, object_type, record_id
)

select * from final
