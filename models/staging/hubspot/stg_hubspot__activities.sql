-- One row per engagement, of the tables of its five types.
{{ config(materialized='view') }}

with calls as (
    select * from {{ ref('base_hubspot__engagement_call') }}
),

emails as (
    select * from {{ ref('base_hubspot__engagement_email') }}
),

meetings as (
    select * from {{ ref('base_hubspot__engagement_meeting') }}
),

notes as (
    select * from {{ ref('base_hubspot__engagement_note') }}
),

tasks as (
    select * from {{ ref('base_hubspot__engagement_task') }}
),

links as (
    select * from {{ ref('stg_hubspot__activity_links') }}
),

sources as (
    select * from {{ ref('hubspot_change_sources') }}
),

engagements as (
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
        property_hs_call_disposition as disposition,
        property_hs_object_source as object_source,
        coalesce(_fivetran_deleted, false) as is_deleted
    from calls
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
        cast(null as {{ dbt.type_string() }}) as disposition,
        property_hs_object_source as object_source,
        coalesce(_fivetran_deleted, false) as is_deleted
    from emails
    where landing_status = 'staged'

    union all

    select
        engagement_id,
        'meeting' as activity_type,
        property_hs_createdate as known_at,
        coalesce(property_hs_timestamp, start_time, property_hs_createdate) as occurred_at,
        cast(null as {{ dbt.type_string() }}) as direction,
        case
            when lower(property_hs_meeting_outcome) in ('canceled', 'no_show', 'rescheduled')
                then lower(property_hs_meeting_outcome)
            else 'done'
        end as status,
        property_hubspot_owner_id as owner_id,
        cast(null as {{ dbt.type_string() }}) as disposition,
        property_hs_object_source as object_source,
        coalesce(_fivetran_deleted, false) as is_deleted
    from meetings
    where landing_status = 'staged'

    union all

    select
        engagement_id,
        'note' as activity_type,
        property_hs_createdate as known_at,
        coalesce(property_hs_timestamp, property_hs_createdate) as occurred_at,
        cast(null as {{ dbt.type_string() }}) as direction,
        'done' as status,
        property_hubspot_owner_id as owner_id,
        cast(null as {{ dbt.type_string() }}) as disposition,
        property_hs_object_source as object_source,
        coalesce(_fivetran_deleted, false) as is_deleted
    from notes
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
        cast(null as {{ dbt.type_string() }}) as direction,
        case when upper(property_hs_task_status) = 'COMPLETED' then 'done' else 'planned' end
            as status,
        property_hubspot_owner_id as owner_id,
        cast(null as {{ dbt.type_string() }}) as disposition,
        property_hs_object_source as object_source,
        coalesce(_fivetran_deleted, false) as is_deleted
    from tasks
    where landing_status = 'staged'
),

-- An engagement can have several records of a kind; an activity names the first of each.
first_links as (
    select
        activity_id,
        min(case when object_type = 'account' then record_id end) as account_id,
        min(case when object_type = 'contact' then record_id end) as contact_id,
        min(case when object_type = 'opportunity' then record_id end) as opportunity_id
    from links
    group by activity_id
),

final as (
    select
        engagements.engagement_id as activity_id,
        engagements.known_at,
        engagements.occurred_at,
        engagements.activity_type,
        engagements.direction,
        engagements.status,
        sources.actor_kind = 'automation' as is_automated,
        cast(null as {{ dbt.type_string() }}) as created_by_id,
        first_links.account_id,
        first_links.contact_id,
        cast(null as {{ dbt.type_string() }}) as lead_id,
        first_links.opportunity_id,
        engagements.owner_id,
        -- HubSpot keeps an instant of each.
        false as is_day_only,
        engagements.disposition,
        engagements.is_deleted
    from engagements
    left join first_links on engagements.engagement_id = first_links.activity_id
    left join sources on upper(engagements.object_source) = sources.source
)

select * from final
