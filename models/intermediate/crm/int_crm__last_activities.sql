-- The first and last activity done on a record by as_of; an account has also those of its contacts and
-- opportunities.
with done as (
    select
        links.crm,
        links.object_type,
        links.record_id,
        activities.occurred_at
    from {{ ref('stg_crm__activities') }} as activities
    inner join {{ ref('stg_crm__activity_links') }} as links
        on activities.crm = links.crm and activities.activity_id = links.activity_id
    where
        activities.is_live
        and not activities.is_planned
        and activities.occurred_at <= {{ as_of() }}
),

of_accounts as (
    select
        done.crm,
        'account' as object_type,
        coalesce(contacts.account_id, opportunities.account_id) as record_id,
        done.occurred_at
    from done
    left join {{ ref('stg_crm__contacts') }} as contacts
        on
            done.object_type = 'contact'
            and done.crm = contacts.crm
            and done.record_id = contacts.contact_id
    left join {{ ref('stg_crm__opportunities') }} as opportunities
        on
            done.object_type = 'opportunity'
            and done.crm = opportunities.crm
            and done.record_id = opportunities.opportunity_id
    where done.object_type in ('contact', 'opportunity')
),

unioned as (
    select * from done

    union all

    select * from of_accounts
    where record_id is not null
),

final as (
    select
        {{ record_key('crm', 'object_type', 'record_id') }} as record_key,
        min(occurred_at) as first_activity_at,
        max(occurred_at) as last_activity_at
    from unioned
    group by crm, object_type, record_id
)

select * from final
