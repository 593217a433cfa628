-- One row per invoice issued by as_of, voided ones included.
with void_statuses as {{ inlined() }} (
    select * from {{ ref('void_statuses') }}
),

landed as (
    {{ crm_union('invoices', [
        'record_crm', 'invoice_id', 'account_id', 'opportunity_id', 'issued_at', 'amount',
        'currency', 'status',
    ]) }}
),

final as (
    select
        {{ record_key('landed.record_crm', "'invoice'", 'landed.invoice_id') }} as record_key,
        landed.record_crm as crm,
        landed.invoice_id,
        {{ strip('landed.account_id') }} as account_id,
        {{ strip('landed.opportunity_id') }} as opportunity_id,
        landed.issued_at,
        cast({{ business_time('landed.issued_at') }} as date) as issued_on,
        landed.amount,
        landed.currency,
        landed.status,
        void_statuses.status is not null as is_void
    from landed
    left join void_statuses on lower({{ strip('landed.status') }}) = void_statuses.status
    where landed.issued_at <= {{ as_of() }}
)

select * from final
