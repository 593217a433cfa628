-- One row per contact on a deal; HubSpot holds a row per label of the two.
{{ config(materialized='view') }}

with deal_contacts as (
    select * from {{ ref('base_hubspot__deal_contact') }}
),

final as (
    select distinct
        deal_id as opportunity_id,
        contact_id,
        cast(null as {{ dbt.type_string() }}) as role,
        cast(null as {{ dbt.type_boolean() }}) as is_primary
    from deal_contacts
    where landing_status = 'staged' and not coalesce(_fivetran_deleted, false)
)

select * from final
