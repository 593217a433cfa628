-- One row per usable account, visible at as_of or not.
{{ config(materialized='view') }}

with accounts as (
    select * from {{ ref('base_salesforce__account') }}
),

final as (
    select
        id as account_id,
        coalesce(created_date, last_modified_date) as created_at,
        created_date is not null as has_creation_date,
        name as account_name,
        parent_id as parent_account_id,
        is_person_account as is_person,
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
    from accounts
    where landing_status = 'staged' and is_latest_version
)

select * from final
