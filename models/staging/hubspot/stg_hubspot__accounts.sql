-- One row per usable company, visible at as_of or not.
{{ config(materialized='view') }}

with companies as (
    select * from {{ ref('base_hubspot__company') }}
),

merged_records as (
    select * from {{ ref('base_hubspot__merged_records') }}
),

final as (
    select
        companies.id as account_id,
        coalesce(companies.property_createdate, companies.property_hs_lastmodifieddate)
            as created_at,
        companies.property_createdate is not null as has_creation_date,
        companies.property_name as account_name,
        companies.property_hs_parent_company_id as parent_account_id,
        cast(null as {{ dbt.type_boolean() }}) as is_person,
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
    from companies
    left join merged_records
        on merged_records.object_type = 'account' and companies.id = merged_records.record_id
    where companies.landing_status = 'staged' and companies.is_latest_version
)

select * from final
