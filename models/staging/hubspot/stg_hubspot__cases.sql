-- One row per usable ticket, visible at as_of or not.
{{ config(materialized='view') }}

with tickets as (
    select * from {{ ref('base_hubspot__ticket') }}
),

merged_records as (
    select * from {{ ref('base_hubspot__merged_records') }}
),

ticket_contacts as (
    select * from {{ ref('base_hubspot__ticket_contact') }}
),

ticket_companies as (
    select * from {{ ref('base_hubspot__ticket_company') }}
),

contacts as (
    select
        ticket_id,
        min(contact_id) as contact_id
    from ticket_contacts
    where landing_status = 'staged' and not coalesce(_fivetran_deleted, false)
    group by ticket_id
),

accounts as (
    select
        ticket_id,
        min(company_id) as account_id
    from ticket_companies
    where landing_status = 'staged' and not coalesce(_fivetran_deleted, false)
    group by ticket_id
),

final as (
    select
        tickets.id as case_id,
        coalesce(tickets.property_createdate, tickets.property_hs_lastmodifieddate) as created_at,
        tickets.property_createdate is not null as has_creation_date,
        accounts.account_id,
        contacts.contact_id,
        tickets.property_hs_pipeline_stage as status,
        tickets.property_closed_date is not null as is_flagged_closed,
        tickets.property_closed_date as closed_at,
        tickets.property_hubspot_owner_id as owner_id,
        tickets.property_legal_hold as is_on_legal_hold,
        tickets.property_hs_lastmodifieddate as updated_at,
        coalesce(tickets.is_deleted, false)
        or coalesce(tickets._fivetran_deleted, false)
        or not coalesce(tickets._fivetran_active, true) as is_flagged_deleted,
        cast(null as {{ dbt.type_timestamp() }}) as deleted_at,
        merged_records.merged_into_id
    from tickets
    left join contacts on tickets.id = contacts.ticket_id
    left join accounts on tickets.id = accounts.ticket_id
    left join merged_records
        on merged_records.object_type = 'case' and tickets.id = merged_records.record_id
    where tickets.landing_status = 'staged' and tickets.is_latest_version
)

select * from final
