-- One row per usable lead, visible at as_of or not.
{{ config(materialized='view') }}

with leads as (
    select * from {{ ref('base_open__leads') }}
),

final as (
    select
        lead_id,
        coalesce(created_at, updated_at) as created_at,
        created_at is not null as has_creation_date,
        first_name,
        last_name,
        company,
        email,
        phone,
        cast(null as {{ dbt.type_string() }}) as mobile_phone,
        street,
        city,
        postal_code,
        country,
        region,
        title,
        status,
        segment,
        owner_id,
        lead_source,
        lower(consent_status) as consent_status,
        cast(null as {{ dbt.type_boolean() }}) as has_opted_out,
        do_not_contact,
        hard_bounced_at,
        converted_at is not null as is_flagged_converted,
        converted_at,
        converted_contact_id,
        converted_account_id,
        converted_opportunity_id,
        legal_hold as is_on_legal_hold,
        updated_at,
        cast(null as date) as last_activity_date,
        deleted_at is not null as is_flagged_deleted,
        deleted_at,
        merged_into_id
    from leads
    where landing_status = 'staged'
)

select * from final
