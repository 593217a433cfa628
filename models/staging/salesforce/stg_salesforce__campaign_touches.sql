-- One row per member of a campaign that was not removed.
{{ config(materialized='view') }}

with members as (
    select * from {{ ref('base_salesforce__campaign_member') }}
),

final as (
    select
        id as touch_id,
        campaign_id,
        lead_id,
        contact_id,
        status,
        coalesce(has_responded, false) as has_responded,
        first_responded_date as responded_at,
        created_date as touched_at
    from members
    where landing_status = 'staged' and not coalesce(is_deleted, false)
)

select * from final
