with landed as (
    select
        'salesforce' as crm,
        id as account_id,
        created_date as created_at,
        name as account_name,
        website as domain,
        phone,
        billing_street as street,
        billing_city as city,
        billing_postal_code as postal_code,
        coalesce(billing_country_code, billing_country) as country,
        cast(null as {{ dbt.type_string() }}) as region,
        industry,
        segment_c as segment,
        owner_id,
        coalesce(lifecycle_stage_c, lower(type)) as lifecycle_stage,
        case
            when type is null then null
            else lower(type) like 'customer%'
        end as is_customer,
        case
            when type is null then null
            else lower(type) like '%partner%'
        end as is_partner,
        is_strategic_c as is_strategic,
        legal_hold_c as is_on_legal_hold,
        last_modified_date as updated_at,
        last_activity_date,
        coalesce(is_deleted, false)
        or coalesce(_fivetran_deleted, false)
        or not coalesce(_fivetran_active, true) as is_flagged_deleted,
        -- Salesforce stamps the row when it is deleted; nothing else tells when.
        case when is_deleted then coalesce(system_modstamp, last_modified_date) end as deleted_at,
        master_record_id as merged_into_id
    from {{ ref('base_salesforce__account') }}
    where landing_status = 'staged' and is_latest_version

    union all

    select
        'hubspot' as crm,
        companies.id as account_id,
        companies.property_createdate as created_at,
        companies.property_name as account_name,
        companies.property_domain as domain,
        companies.property_phone as phone,
        companies.property_address as street,
        companies.property_city as city,
        companies.property_zip as postal_code,
        companies.property_country as country,
        cast(null as {{ dbt.type_string() }}) as region,
        companies.property_industry as industry,
        companies.property_segment as segment,
        companies.property_hubspot_owner_id as owner_id,
        companies.property_lifecyclestage as lifecycle_stage,
        case
            when companies.property_lifecyclestage is null then null
            else lower(companies.property_lifecyclestage) = 'customer'
        end as is_customer,
        case
            when companies.property_type is null then null
            else lower(companies.property_type) like '%partner%'
        end as is_partner,
        companies.property_is_strategic as is_strategic,
        companies.property_legal_hold as is_on_legal_hold,
        companies.property_hs_lastmodifieddate as updated_at,
        cast(companies.property_notes_last_contacted as date) as last_activity_date,
        coalesce(companies.is_deleted, false)
        or coalesce(companies._fivetran_deleted, false)
        or not coalesce(companies._fivetran_active, true) as is_flagged_deleted,
        cast(null as {{ dbt.type_timestamp() }}) as deleted_at,
        merged_records.merged_into_id
    from {{ ref('base_hubspot__company') }} as companies
    left join {{ ref('base_hubspot__merged_records') }} as merged_records
        on merged_records.object_type = 'account' and companies.id = merged_records.record_id
    where companies.landing_status = 'staged' and companies.is_latest_version

    union all

    select
        'open' as crm,
        account_id,
        created_at,
        name as account_name,
        domain,
        phone,
        street,
        city,
        postal_code,
        country,
        region,
        industry,
        segment,
        owner_id,
        lifecycle_stage,
        is_customer,
        is_partner,
        is_strategic,
        legal_hold as is_on_legal_hold,
        updated_at,
        cast(null as date) as last_activity_date,
        deleted_at is not null as is_flagged_deleted,
        deleted_at,
        merged_into_id
    from {{ ref('base_open__accounts') }}
    where landing_status = 'staged'
),

final as (
    select
        {{ record_key('landed.crm', "'account'", 'landed.account_id') }} as record_key,
        landed.crm,
        landed.account_id,
        landed.created_at,
        landed.account_name,
        landed.domain,
        landed.phone,
        {{ e164_phone('landed.phone', 'countries.calling_code', 'countries.trunk_prefix') }}
            as phone_e164,
        landed.street,
        landed.city,
        landed.postal_code,
        landed.country,
        countries.iso2 as country_iso2,
        coalesce(landed.region, countries.region) as region,
        landed.industry,
        landed.segment,
        landed.owner_id,
        landed.lifecycle_stage,
        landed.is_customer,
        landed.is_partner,
        landed.is_strategic,
        landed.is_on_legal_hold,
        landed.updated_at,
        landed.last_activity_date,
        {{ deleted_and_merged_columns() }}
    from landed
    left join {{ ref('countries') }} as countries
        on lower({{ strip('landed.country') }}) = countries.spelling
    where landed.created_at <= {{ as_of() }}
)

select * from final
