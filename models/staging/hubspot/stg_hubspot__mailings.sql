-- One row per mail that marketing sent to an address.
{{ config(materialized='view') }}

with events as (
    select * from {{ ref('base_hubspot__email_event') }}
),

final as (
    select
        id as mailing_id,
        email_campaign_id as campaign_id,
        recipient as email,
        created as sent_at
    from events
    where landing_status = 'staged' and upper(type) = 'SENT'
)

select * from final
