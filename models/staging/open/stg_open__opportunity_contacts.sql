-- One row per role of a contact on an opportunity.
{{ config(materialized='view') }}

with opportunity_contacts as (
    select * from {{ ref('base_open__opportunity_contacts') }}
),

final as (
    select
        opportunity_id,
        contact_id,
        role,
        is_primary
    from opportunity_contacts
    where landing_status = 'staged'
)

select * from final
