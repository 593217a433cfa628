with hubspot_bounces as (
    select
        lower(events.recipient) as email,
        min(events.created) as hard_bounced_at
    from {{ ref('base_hubspot__email_event') }} as events
    inner join {{ ref('base_hubspot__email_event_bounce') }} as bounces
        on events.id = bounces.id and bounces.landing_status = 'staged'
    where
        events.landing_status = 'staged'
        and events.created <= {{ as_of() }}
        and upper(bounces.category) = 'UNKNOWN_USER'
    group by lower(events.recipient)
),

landed as (
    select
        'salesforce' as crm,
        id as contact_id,
        created_date as created_at,
        account_id,
        first_name,
        last_name,
        email,
        coalesce({{ strip('phone') }}, mobile_phone) as phone,
        mobile_phone,
        mailing_street as street,
        mailing_city as city,
        mailing_postal_code as postal_code,
        coalesce(mailing_country_code, mailing_country) as country,
        cast(null as {{ dbt.type_string() }}) as region,
        title,
        owner_id,
        lifecycle_stage_c as lifecycle_stage,
        lead_source,
        case
            when has_opted_out_of_email then 'opted_out'
            else lower(consent_status_c)
        end as consent_status,
        has_opted_out_of_email as has_opted_out,
        lower(lawful_basis_c) as lawful_basis,
        do_not_call as do_not_contact,
        case
            when is_email_bounced is null and email_bounced_date is null then null
            else coalesce(is_email_bounced, false) or email_bounced_date is not null
        end as is_hard_bounced,
        email_bounced_date as hard_bounced_at,
        departed_date_c as departed_at,
        legal_hold_c as is_on_legal_hold,
        last_modified_date as updated_at,
        last_activity_date,
        coalesce(is_deleted, false)
        or coalesce(_fivetran_deleted, false)
        or not coalesce(_fivetran_active, true) as is_flagged_deleted,
        case when is_deleted then coalesce(system_modstamp, last_modified_date) end as deleted_at,
        master_record_id as merged_into_id
    from {{ ref('base_salesforce__contact') }}
    where landing_status = 'staged' and is_latest_version

    union all

    select
        'hubspot' as crm,
        contacts.id as contact_id,
        contacts.property_createdate as created_at,
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
        or hubspot_bounces.email is not null as is_hard_bounced,
        hubspot_bounces.hard_bounced_at,
        contacts.property_departed_date as departed_at,
        contacts.property_legal_hold as is_on_legal_hold,
        contacts.property_lastmodifieddate as updated_at,
        cast(contacts.property_notes_last_contacted as date) as last_activity_date,
        coalesce(contacts.is_deleted, false)
        or coalesce(contacts._fivetran_deleted, false)
        or not coalesce(contacts._fivetran_active, true) as is_flagged_deleted,
        merged_records.merged_at as deleted_at,
        merged_records.merged_into_id
    from {{ ref('base_hubspot__contact') }} as contacts
    left join {{ ref('base_hubspot__merged_records') }} as merged_records
        on merged_records.object_type = 'contact' and contacts.id = merged_records.record_id
    left join hubspot_bounces
        on {{ normalised_email('contacts.property_email') }} = hubspot_bounces.email
    where contacts.landing_status = 'staged' and contacts.is_latest_version

    union all

    select
        'open' as crm,
        contact_id,
        created_at,
        account_id,
        first_name,
        last_name,
        email,
        phone,
        cast(null as {{ dbt.type_string() }}) as mobile_phone,
        street,
        city,
        postal_code,
        country,
        region,
        title,
        owner_id,
        lifecycle_stage,
        lead_source,
        lower(consent_status) as consent_status,
        cast(null as {{ dbt.type_boolean() }}) as has_opted_out,
        lower(lawful_basis) as lawful_basis,
        do_not_contact,
        hard_bounced_at is not null as is_hard_bounced,
        hard_bounced_at,
        departed_at,
        legal_hold as is_on_legal_hold,
        updated_at,
        cast(null as date) as last_activity_date,
        deleted_at is not null as is_flagged_deleted,
        deleted_at,
        merged_into_id
    from {{ ref('base_open__contacts') }}
    where landing_status = 'staged'
),

normalised as (
    select
        landed.*,
        {{ normalised_email('landed.email') }} as email_normalised,
        {{ e164_phone('landed.phone', 'countries.calling_code', 'countries.trunk_prefix') }}
            as phone_e164,
        countries.iso2 as country_iso2,
        countries.region as country_region
    from landed
    left join {{ ref('countries') }} as countries
        on lower({{ strip('landed.country') }}) = countries.spelling
    where landed.created_at <= {{ as_of() }}
),

final as (
    select
        {{ record_key('landed.crm', "'contact'", 'landed.contact_id') }} as record_key,
        landed.crm,
        landed.contact_id,
        landed.created_at,
        landed.account_id,
        landed.first_name,
        landed.last_name,
        landed.email,
        landed.email_normalised,
        {{ dbt.hash('landed.email_normalised') }} as email_hash,
        landed.phone,
        landed.phone_e164,
        {{ dbt.hash('landed.phone_e164') }} as phone_hash,
        landed.mobile_phone,
        landed.street,
        landed.city,
        landed.postal_code,
        landed.country,
        landed.country_iso2,
        coalesce(landed.region, landed.country_region) as region,
        landed.title,
        landed.owner_id,
        landed.lifecycle_stage,
        landed.lead_source,
        {{ consent_status('landed.consent_status') }} as consent_status,
        landed.has_opted_out,
        {{ lawful_basis('landed.lawful_basis') }} as lawful_basis,
        landed.do_not_contact,
        landed.is_hard_bounced
        and (landed.hard_bounced_at is null or landed.hard_bounced_at <= {{ as_of() }})
            as is_hard_bounced,
        case when landed.hard_bounced_at <= {{ as_of() }} then landed.hard_bounced_at end
            as hard_bounced_at,
        case when landed.departed_at <= {{ as_of() }} then landed.departed_at end as departed_at,
        landed.is_on_legal_hold,
        landed.updated_at,
        landed.last_activity_date,
        {{ deleted_and_merged_columns() }}
    from normalised as landed
)

select * from final
