-- One row per usable contact, visible at as_of or not.
{{ config(materialized='view') }}

with contacts as (
    select * from {{ ref('base_open__contacts') }}
),

final as (
    select
        contact_id,
        coalesce(created_at, updated_at) as created_at,
        created_at is not null as has_creation_date,
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
    from contacts
    where landing_status = 'staged'
)

select * from final
