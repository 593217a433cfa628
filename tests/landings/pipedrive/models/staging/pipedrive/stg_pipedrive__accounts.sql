-- One row per usable organization, visible at as_of or not.
{{ config(materialized='view') }}

with organizations as (
    select * from {{ ref('base_pipedrive__organizations') }}
),

final as (
    select
        id as account_id,
        add_time as created_at,
        true as has_creation_date,
        name as account_name,
        cast(null as {{ dbt.type_string() }}) as parent_account_id,
        cast(null as {{ dbt.type_boolean() }}) as is_person,
        website as domain,
        cast(null as {{ dbt.type_string() }}) as phone,
        address as street,
        address_locality as city,
        address_postal_code as postal_code,
        address_country as country,
        cast(null as {{ dbt.type_string() }}) as region,
        industry,
        cast(null as {{ dbt.type_string() }}) as segment,
        owner_id,
        cast(null as {{ dbt.type_string() }}) as lifecycle_stage,
        cast(null as {{ dbt.type_boolean() }}) as is_customer,
        cast(null as {{ dbt.type_boolean() }}) as is_partner,
        cast(null as {{ dbt.type_boolean() }}) as is_strategic,
        cast(null as {{ dbt.type_boolean() }}) as is_on_legal_hold,
        update_time as updated_at,
        cast(null as date) as last_activity_date,
        coalesce(is_deleted, false) as is_flagged_deleted,
        cast(null as {{ dbt.type_timestamp() }}) as deleted_at,
        cast(null as {{ dbt.type_string() }}) as merged_into_id
    from organizations
    where landing_status = 'staged'
)

select * from final
