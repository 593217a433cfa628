-- One row per contact, role and primary flag on an opportunity at as_of.
{{ config(materialized='view') }}

with roles as (
    select * from {{ ref('base_salesforce__opportunity_contact_role') }}
),

final as (
    select distinct
        opportunity_id,
        contact_id,
        role,
        is_primary
    from roles
    where
        landing_status = 'staged'
        and not coalesce(is_deleted, false)
        and (created_date is null or created_date <= {{ as_of() }})
)

select * from final
