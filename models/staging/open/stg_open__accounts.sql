-- One row per usable account, visible at as_of or not.
{{ config(materialized='view') }}

with accounts as (
    select * from {{ ref('base_open__accounts') }}
),

final as (
    select
        account_id,
        coalesce(created_at, updated_at) as created_at,
        created_at is not null as has_creation_date,
        name as account_name,
        parent_id as parent_account_id,
        is_person,
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
    from accounts
    where landing_status = 'staged'
)

select * from final
