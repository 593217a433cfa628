{%- set text = dbt.type_string() -%}
with salesforce_tasks as (
    select
        'salesforce' as crm,
        id as activity_id,
        created_date as known_at,
        case
            when is_closed
                then coalesce(
                    completed_date_time,
                    cast(activity_date as {{ dbt.type_timestamp() }}),
                    created_date
                )
            else coalesce(cast(activity_date as {{ dbt.type_timestamp() }}), created_date)
        end as occurred_at,
        case
            when lower(task_subtype) in ('email', 'listemail') then 'email'
            when lower(task_subtype) = 'call' then 'call'
            when lower(type) in ('email', 'call', 'meeting') then lower(type)
            else 'task'
        end as activity_type,
        case when lower(call_type) in ('inbound', 'outbound') then lower(call_type) end
            as direction,
        case when is_closed then 'done' else 'planned' end as status,
        lower(task_subtype) in ('listemail', 'cadence') as is_mass_mail,
        created_by_id,
        coalesce(account_id, case when what_id like '001%' then what_id end) as account_id,
        case when who_id like '003%' then who_id end as contact_id,
        case when who_id like '00Q%' then who_id end as lead_id,
        case when what_id like '006%' then what_id end as opportunity_id,
        owner_id,
        coalesce(is_deleted, false) or not coalesce(_fivetran_active, true) as is_deleted
    from {{ ref('base_salesforce__task') }}
    where landing_status = 'staged' and is_latest_version
),

salesforce_events as (
    select
        'salesforce' as crm,
        id as activity_id,
        created_date as known_at,
        coalesce(
            start_date_time,
            cast(activity_date as {{ dbt.type_timestamp() }}),
            created_date
        ) as occurred_at,
        'meeting' as activity_type,
        cast(null as {{ text }}) as direction,
        'done' as status,
        false as is_mass_mail,
        created_by_id,
        coalesce(account_id, case when what_id like '001%' then what_id end) as account_id,
        case when who_id like '003%' then who_id end as contact_id,
        case when who_id like '00Q%' then who_id end as lead_id,
        case when what_id like '006%' then what_id end as opportunity_id,
        owner_id,
        coalesce(is_deleted, false) or not coalesce(_fivetran_active, true) as is_deleted
    from {{ ref('base_salesforce__event') }}
    where landing_status = 'staged' and is_latest_version
),

hubspot_engagements as (
    select
        engagement_id,
        'call' as activity_type,
        property_hs_createdate as known_at,
        coalesce(property_hs_timestamp, property_hs_createdate) as occurred_at,
        case
            when lower(property_hs_call_direction) in ('inbound', 'outbound')
                then lower(property_hs_call_direction)
        end as direction,
        'done' as status,
        property_hubspot_owner_id as owner_id,
        property_hs_object_source as object_source,
        coalesce(_fivetran_deleted, false) as is_deleted
    from {{ ref('base_hubspot__engagement_call') }}
    where landing_status = 'staged'

    union all

    select
        engagement_id,
        'email' as activity_type,
        property_hs_createdate as known_at,
        coalesce(property_hs_timestamp, property_hs_createdate) as occurred_at,
        case
            when property_hs_email_direction = 'INCOMING_EMAIL' then 'inbound'
            when property_hs_email_direction is not null then 'outbound'
        end as direction,
        case when upper(property_hs_email_status) = 'BOUNCED' then 'bounced' else 'done' end
            as status,
        property_hubspot_owner_id as owner_id,
        property_hs_object_source as object_source,
        coalesce(_fivetran_deleted, false) as is_deleted
    from {{ ref('base_hubspot__engagement_email') }}
    where landing_status = 'staged'

    union all

    select
        engagement_id,
        'meeting' as activity_type,
        property_hs_createdate as known_at,
        coalesce(property_hs_timestamp, start_time, property_hs_createdate) as occurred_at,
        cast(null as {{ text }}) as direction,
        case
            when lower(property_hs_meeting_outcome) in ('canceled', 'no_show', 'rescheduled')
                then lower(property_hs_meeting_outcome)
            else 'done'
        end as status,
        property_hubspot_owner_id as owner_id,
        property_hs_object_source as object_source,
        coalesce(_fivetran_deleted, false) as is_deleted
    from {{ ref('base_hubspot__engagement_meeting') }}
    where landing_status = 'staged'

    union all

    select
        engagement_id,
        'note' as activity_type,
        property_hs_createdate as known_at,
        coalesce(property_hs_timestamp, property_hs_createdate) as occurred_at,
        cast(null as {{ text }}) as direction,
        'done' as status,
        property_hubspot_owner_id as owner_id,
        property_hs_object_source as object_source,
        coalesce(_fivetran_deleted, false) as is_deleted
    from {{ ref('base_hubspot__engagement_note') }}
    where landing_status = 'staged'

    union all

    select
        engagement_id,
        'task' as activity_type,
        property_hs_createdate as known_at,
        coalesce(
            case
                when upper(property_hs_task_status) = 'COMPLETED'
                    then property_hs_task_completion_date
            end,
            property_hs_timestamp,
            property_hs_createdate
        ) as occurred_at,
        cast(null as {{ text }}) as direction,
        case when upper(property_hs_task_status) = 'COMPLETED' then 'done' else 'planned' end
            as status,
        property_hubspot_owner_id as owner_id,
        property_hs_object_source as object_source,
        coalesce(_fivetran_deleted, false) as is_deleted
    from {{ ref('base_hubspot__engagement_task') }}
    where landing_status = 'staged'
),

-- An engagement can have several records of a kind; an activity names the first of each.
hubspot_links as (
    select
        engagement_id,
        min(company_id) as account_id,
        min(contact_id) as contact_id,
        min(deal_id) as opportunity_id
    from (
        select
            engagement_id,
            company_id,
            cast(null as {{ text }}) as contact_id,
            cast(null as {{ text }}) as deal_id
        from {{ ref('base_hubspot__engagement_company') }}
        where landing_status = 'staged'

        union all

        select
            engagement_id,
            cast(null as {{ text }}) as company_id,
            contact_id,
            cast(null as {{ text }}) as deal_id
        from {{ ref('base_hubspot__engagement_contact') }}
        where landing_status = 'staged'

        union all

        select
            engagement_id,
            cast(null as {{ text }}) as company_id,
            cast(null as {{ text }}) as contact_id,
            deal_id
        from {{ ref('base_hubspot__engagement_deal') }}
        where landing_status = 'staged'
    ) as links
    group by engagement_id
),

salesforce_activities as (
    select * from salesforce_tasks

    union all

    select * from salesforce_events
),

landed as (
    select
        activities.crm,
        activities.activity_id,
        activities.known_at,
        activities.occurred_at,
        activities.activity_type,
        activities.direction,
        activities.status,
        case when creators.kind = 'automation' then true else activities.is_mass_mail end
            as is_automated,
        activities.account_id,
        activities.contact_id,
        activities.lead_id,
        activities.opportunity_id,
        activities.owner_id,
        activities.is_deleted
    from salesforce_activities as activities
    left join {{ ref('stg_crm__users') }} as creators
        on activities.crm = creators.crm and activities.created_by_id = creators.user_id

    union all

    select
        'hubspot' as crm,
        engagements.engagement_id as activity_id,
        engagements.known_at,
        engagements.occurred_at,
        engagements.activity_type,
        engagements.direction,
        engagements.status,
        sources.actor_kind = 'automation' as is_automated,
        hubspot_links.account_id,
        hubspot_links.contact_id,
        cast(null as {{ text }}) as lead_id,
        hubspot_links.opportunity_id,
        engagements.owner_id,
        engagements.is_deleted
    from hubspot_engagements as engagements
    left join hubspot_links on engagements.engagement_id = hubspot_links.engagement_id
    left join {{ ref('hubspot_change_sources') }} as sources
        on upper(engagements.object_source) = sources.source

    union all

    select
        'open' as crm,
        activity_id,
        cast(null as {{ dbt.type_timestamp() }}) as known_at,
        occurred_at,
        lower(type) as activity_type,
        lower(direction) as direction,
        lower(status) as status,
        is_automated,
        account_id,
        contact_id,
        lead_id,
        opportunity_id,
        owner_id,
        false as is_deleted
    from {{ ref('base_open__activities') }}
    where landing_status = 'staged'
),

final as (
    select
        {{ record_key('crm', "'activity'", 'activity_id') }} as record_key,
        crm,
        activity_id,
        occurred_at,
        activity_type,
        direction,
        -- What is done after as_of was still planned then; what is canceled is not.
        case
            when occurred_at > {{ as_of() }} and status <> 'canceled' then 'planned'
            else status
        end as status,
        coalesce(
            status = 'planned' or (occurred_at > {{ as_of() }} and status <> 'canceled'),
            false
        ) as is_planned,
        is_automated,
        account_id,
        contact_id,
        lead_id,
        opportunity_id,
        owner_id,
        is_deleted,
        not is_deleted as is_live
    from landed
    where
        coalesce(known_at, occurred_at) <= {{ as_of() }}
        or (known_at is null and status = 'planned')
)

select * from final
