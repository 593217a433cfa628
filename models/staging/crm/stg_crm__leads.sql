-- One row per lead created by as_of, deleted, merged and converted ones included.
with countries as (
    select * from {{ ref('countries') }}
),

landed as (
    {{ crm_union('leads', [
        'lead_id', 'created_at', 'has_creation_date', 'first_name', 'last_name', 'company', 'email',
        'phone', 'mobile_phone', 'street', 'city', 'postal_code', 'country', 'region', 'title',
        'status', 'segment', 'owner_id', 'lead_source', 'consent_status', 'has_opted_out',
        'do_not_contact', 'hard_bounced_at', 'is_flagged_converted', 'converted_at',
        'converted_contact_id', 'converted_account_id', 'converted_opportunity_id',
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
        countries.region as country_region,
        landed.is_flagged_converted
        and (landed.converted_at is null or landed.converted_at <= {{ as_of() }}) as is_converted
    from landed
    left join countries
        on lower({{ strip('landed.country') }}) = countries.spelling
    where landed.created_at <= {{ as_of() }}
),

final as (
    select
        {{ record_key('landed.crm', "'lead'", 'landed.lead_id') }} as record_key,
        landed.crm,
        landed.lead_id,
        landed.created_at,
        landed.has_creation_date,
        landed.first_name,
        landed.last_name,
        landed.company,
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
        landed.status,
        landed.segment,
        landed.owner_id,
        landed.lead_source,
        {{ consent_status('landed.consent_status') }} as consent_status,
        {{ unread_consent('landed.consent_status') }} as unread_consent,
        landed.has_opted_out,
        landed.do_not_contact,
        coalesce(landed.hard_bounced_at <= {{ as_of() }}, false) as is_hard_bounced,
        case when landed.hard_bounced_at <= {{ as_of() }} then landed.hard_bounced_at end
            as hard_bounced_at,
        landed.is_converted,
        case when landed.is_converted then landed.converted_at end as converted_at,
        case when landed.is_converted then landed.converted_contact_id end as converted_contact_id,
        case when landed.is_converted then landed.converted_account_id end as converted_account_id,
        case when landed.is_converted then landed.converted_opportunity_id end
            as converted_opportunity_id,
        landed.is_on_legal_hold,
        landed.updated_at,
        landed.last_activity_date,
        {{ deleted_and_merged_columns() }}
    from normalised as landed
)

select * from final
