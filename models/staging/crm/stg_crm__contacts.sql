-- One row per contact created by as_of, deleted and merged ones included.
with countries as (
    select * from {{ ref('countries') }}
),

landed as (
    {{ crm_union('contacts', [
        'contact_id', 'created_at', 'has_creation_date', 'account_id', 'first_name', 'last_name',
        'email', 'phone', 'mobile_phone', 'street', 'city', 'postal_code', 'country', 'region',
        'title', 'owner_id', 'lifecycle_stage', 'lead_source', 'consent_status', 'has_opted_out',
        'lawful_basis', 'do_not_contact', 'is_hard_bounced', 'hard_bounced_at', 'departed_at',
        'is_on_legal_hold', 'updated_at', 'last_activity_date', 'is_flagged_deleted', 'deleted_at',
        'merged_into_id',
    ]) }}
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
    left join countries
        on lower({{ strip('landed.country') }}) = countries.spelling
    where landed.created_at <= {{ as_of() }}
),

final as (
    select
        {{ record_key('landed.crm', "'contact'", 'landed.contact_id') }} as record_key,
        landed.crm,
        landed.contact_id,
        landed.created_at,
        landed.has_creation_date,
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
        {{ unread_consent('landed.consent_status') }} as unread_consent,
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
