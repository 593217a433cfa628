-- One row per contract and invoice that counts: its amount (of a contract what recurs in a year),
-- and whose delete would leave it without its account or deal.
with contracts as (
    select * from {{ ref('stg_crm__contracts') }}
),

invoices as (
    select * from {{ ref('stg_crm__invoices') }}
),

deletes as (
    select record_key
    from {{ ref('int_lifecycle__decisions') }}
    where decision = 'delete'
),

counted as (
    select
        record_key,
        crm,
        'contract' as object_type,
        account_id,
        opportunity_id,
        booked_on as closes_on,
        currency,
        annual_amount as amount
    from contracts
    where not is_void

    union all

    select
        record_key,
        crm,
        'invoice' as object_type,
        account_id,
        opportunity_id,
        issued_on as closes_on,
        currency,
        amount
    from invoices
    where not is_void
),

final as (
    select
        counted.record_key,
        counted.crm,
        counted.object_type,
        counted.closes_on,
        cast({{ dbt.date_trunc('month', 'counted.closes_on') }} as date) as close_month,
        upper({{ strip('counted.currency') }}) as currency,
        counted.amount,
        coalesce(account.record_key, opportunity.record_key) as removed_by
    from counted
    left join deletes as account
        on {{ record_key('counted.crm', "'account'", 'counted.account_id') }} = account.record_key
    left join deletes as opportunity
        on
            {{ record_key('counted.crm', "'opportunity'", 'counted.opportunity_id') }}
            = opportunity.record_key
    where counted.amount is not null
)

select * from final
