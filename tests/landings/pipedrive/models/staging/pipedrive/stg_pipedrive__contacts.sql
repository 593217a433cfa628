-- One row per usable person, visible at as_of or not.
{{ config(materialized='view') }}

with persons as (
    select * from {{ ref('base_pipedrive__persons') }}
),

final as (
    select
        id as contact_id,
        add_time as created_at,
        true as has_creation_date,
        org_id as account_id,
        first_name,
        last_name,
        primary_email as email,
        phone,
        cast(null as {{ dbt.type_string() }}) as mobile_phone,
        cast(null as {{ dbt.type_string() }}) as street,
        cast(null as {{ dbt.type_string() }}) as city,
        cast(null as {{ dbt.type_string() }}) as postal_code,
        cast(null as {{ dbt.type_string() }}) as country,
        cast(null as {{ dbt.type_string() }}) as region,
        job_title as title,
        owner_id,
        cast(null as {{ dbt.type_string() }}) as lifecycle_stage,
        cast(null as {{ dbt.type_string() }}) as lead_source,
        case lower(marketing_status)
            when 'subscribed' then 'opted_in'
            when 'unsubscribed' then 'unsubscribed'
        end as consent_status,
        lower(marketing_status) = 'unsubscribed' as has_opted_out,
        cast(null as {{ dbt.type_string() }}) as lawful_basis,
        cast(null as {{ dbt.type_boolean() }}) as do_not_contact,
        cast(null as {{ dbt.type_boolean() }}) as is_hard_bounced,
        cast(null as {{ dbt.type_timestamp() }}) as hard_bounced_at,
        cast(null as {{ dbt.type_timestamp() }}) as departed_at,
        cast(null as {{ dbt.type_boolean() }}) as is_on_legal_hold,
        update_time as updated_at,
        last_activity_date,
        coalesce(is_deleted, false) as is_flagged_deleted,
        cast(null as {{ dbt.type_timestamp() }}) as deleted_at,
        cast(null as {{ dbt.type_string() }}) as merged_into_id
    from persons
    where landing_status = 'staged'
)

select * from final
