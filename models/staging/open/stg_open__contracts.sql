-- One row per usable contract; the records that it names may be of any CRM.
{{ config(materialized='view') }}

with contracts as (
    select * from {{ ref('base_open__contracts') }}
),

final as (
    select
        coalesce(crm, 'open') as record_crm,
        contract_id,
        account_id,
        opportunity_id,
        signed_at,
        start_date,
        end_date,
        recurring_amount,
        recurring_months,
        currency,
        status
    from contracts
    where landing_status = 'staged'
)

select * from final
