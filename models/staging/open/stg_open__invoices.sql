-- One row per usable invoice; the records that it names may be of any CRM.
{{ config(materialized='view') }}

with invoices as (
    select * from {{ ref('base_open__invoices') }}
),

final as (
    select
        coalesce(crm, 'open') as record_crm,
        invoice_id,
        account_id,
        opportunity_id,
        issued_at,
        amount,
        currency,
        status
    from invoices
    where landing_status = 'staged'
)

select * from final
