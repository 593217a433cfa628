-- One row per usable contact, visible at as_of or not.
{{ config(materialized='view') }}

with contacts as (
    select * from {{ ref('base_hubspot__contact') }}
),

merged_records as (
    select * from {{ ref('base_hubspot__merged_records') }}
),

events as (
    select * from {{ ref('base_hubspot__email_event') }}
),

bounces as (
    select * from {{ ref('base_hubspot__email_event_bounce') }}
),

hard_bounces as (
    select
        lower(events.recipient) as email,
        min(events.created) as hard_bounced_at
    from events
    inner join bounces
        on events.id = bounces.id and bounces.landing_status = 'staged'
    where
        events.landing_status = 'staged'
        and events.created <= {{ as_of() }}
        and upper(bounces.category) = 'UNKNOWN_USER'
    group by lower(events.recipient)
),

final as (
    select
        contacts.id as contact_id,
        coalesce(contacts.property_createdate, contacts.property_lastmodifieddate) as created_at,
        contacts.property_createdate is not null as has_creation_date,
        contacts.property_associatedcompanyid as account_id,
        contacts.property_firstname as first_name,
        contacts.property_lastname as last_name,
        contacts.property_email as email,
        coalesce({{ strip('contacts.property_phone') }}, contacts.property_mobilephone) as phone,
        contacts.property_mobilephone as mobile_phone,
        contacts.property_address as street,
        contacts.property_city as city,
        contacts.property_zip as postal_code,
        contacts.property_country as country,
        cast(null as {{ dbt.type_string() }}) as region,
        contacts.property_jobtitle as title,
        contacts.property_hubspot_owner_id as owner_id,
        contacts.property_lifecyclestage as lifecycle_stage,
        contacts.property_hs_analytics_source as lead_source,
        case
            when contacts.property_hs_email_optout then 'unsubscribed'
            else lower(contacts.property_consent_status)
        end as consent_status,
        contacts.property_hs_email_optout as has_opted_out,
        lower(contacts.property_hs_legal_basis) as lawful_basis,
        contacts.property_do_not_contact as do_not_contact,
        coalesce(
            {{ strip('contacts.property_hs_email_hard_bounce_reason_enum') }},
            {{ strip('contacts.property_hs_email_hard_bounce_reason') }}
        ) is not null
        or hard_bounces.email is not null as is_hard_bounced,
        hard_bounces.hard_bounced_at,
        contacts.property_departed_date as departed_at,
        contacts.property_legal_hold as is_on_legal_hold,
        contacts.property_lastmodifieddate as updated_at,
        cast(contacts.property_notes_last_contacted as date) as last_activity_date,
        coalesce(contacts.is_deleted, false)
        or coalesce(contacts._fivetran_deleted, false)
        or not coalesce(contacts._fivetran_active, true) as is_flagged_deleted,
        merged_records.merged_at as deleted_at,
        merged_records.merged_into_id
    from contacts
    left join merged_records
        on merged_records.object_type = 'contact' and contacts.id = merged_records.record_id
    left join hard_bounces
        on {{ normalised_email('contacts.property_email') }} = hard_bounces.email
    where contacts.landing_status = 'staged' and contacts.is_latest_version
)

select * from final
