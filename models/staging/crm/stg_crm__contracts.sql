-- One row per contract that was signed, or had begun, by as_of, drafts and cancelled ones included.
with void_statuses as {{ inlined() }} (
    select * from {{ ref('void_statuses') }}
),

landed as (
    {{ crm_union('contracts', [
        'record_crm', 'contract_id', 'account_id', 'opportunity_id', 'signed_at', 'start_date',
        'end_date', 'recurring_amount', 'recurring_months', 'currency', 'status',
    ]) }}
),

dated as (
    select
        landed.*,
        coalesce(
            cast({{ business_time('landed.signed_at') }} as date), landed.start_date
        ) as booked_on,
        cast({{ business_time(as_of()) }} as date) as today
    from landed
),

final as (
    select
        {{ record_key('dated.record_crm', "'contract'", 'dated.contract_id') }} as record_key,
        dated.record_crm as crm,
        dated.contract_id,
        {{ strip('dated.account_id') }} as account_id,
        {{ strip('dated.opportunity_id') }} as opportunity_id,
        dated.signed_at,
        dated.start_date,
        dated.end_date,
        dated.booked_on,
        dated.recurring_amount,
        dated.recurring_months,
        -- What recurs in a year; a period that makes no sense is not known to be one.
        case
            when coalesce(dated.recurring_months, 12) > 0
                then dated.recurring_amount * 12 / coalesce(dated.recurring_months, 12)
        end as annual_amount,
        dated.currency,
        dated.status,
        void_statuses.status is not null as is_void,
        void_statuses.status is null
        and (dated.end_date is null or dated.end_date >= dated.today) as is_in_force
    from dated
    left join void_statuses on lower({{ strip('dated.status') }}) = void_statuses.status
    where
        dated.booked_on <= dated.today
        and (dated.signed_at is null or dated.signed_at <= {{ as_of() }})
)

select * from final
