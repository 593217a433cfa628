-- One row per record with any activity that took place by as_of: the first and the last one; an
-- account has also those of its contacts and opportunities. What a machine mails is no activity of
-- a person.
with activities as (
    select * from {{ ref('stg_crm__activities') }}
),

activity_links as (
    select * from {{ ref('stg_crm__activity_links') }}
),

contacts as (
    select * from {{ ref('stg_crm__contacts') }}
),

opportunities as (
    select * from {{ ref('stg_crm__opportunities') }}
),

done as (
    select
        links.crm,
        links.object_type,
        links.record_id,
        min(activities.occurred_at) as first_activity_at,
        max(activities.occurred_at) as last_activity_at
    from activities
    inner join activity_links as links
        on activities.crm = links.crm and activities.activity_id = links.activity_id
    where {{ is_touch('activities', 'links') }} and activities.occurred_at <= {{ as_of() }}
    group by links.crm, links.object_type, links.record_id
),

accounts as (
    select
        crm,
        'contact' as object_type,
        contact_id as record_id,
        account_id
    from contacts
    where account_id is not null

    union all

    select
        crm,
        'opportunity' as object_type,
        opportunity_id as record_id,
        account_id
    from opportunities
    where account_id is not null
),

unioned as (
    select
        crm,
        object_type,
        record_id,
        first_activity_at,
        last_activity_at
    from done

    union all

    select
        done.crm,
        'account' as object_type,
        accounts.account_id as record_id,
        done.first_activity_at,
        done.last_activity_at
    from done
    inner join accounts
        on
            done.crm = accounts.crm
            and done.object_type = accounts.object_type
            and done.record_id = accounts.record_id
),

final as (
    select
        {{ record_key('crm', 'object_type', 'record_id') }} as record_key,
        min(first_activity_at) as first_activity_at,
        max(last_activity_at) as last_activity_at
    from unioned
    group by crm, object_type, record_id
)

select * from final
