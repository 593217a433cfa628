-- One row per live deal: by what reports tell it apart, and whose delete takes it along.
with deletes as (
    select record_key
    from {{ ref('int_lifecycle__decisions') }}
    where decision = 'delete'
),

records as {{ inlined() }} (
    select * from {{ ref('int_crm__records') }}
),

opportunities as (
    select * from {{ ref('stg_crm__opportunities') }}
),

-- What is not landed is neither summed nor dated, though histories tell it of some deals.
inputs as (
    select
        crm,
        max(case when input = 'amount' then 1 else 0 end) as has_amount,
        max(case when input = 'close_date' then 1 else 0 end) as has_close_date
    from {{ ref('int_crm__inputs') }}
    where object_type = 'opportunity'
    group by crm
),

-- A closed deal belongs to the day on which its CRM says that it was closed, be its close date the
-- one that was hoped for; where no CRM says it, to its close date.
dated as (
    select
        records.record_key,
        records.crm,
        records.stage_kind,
        records.stage,
        records.lead_source,
        records.account_id,
        records.created_at,
        records.has_creation_date,
        case
            when records.stage_kind in ('won', 'lost') and opportunities.closed_at is not null
                then cast({{ business_time('opportunities.closed_at') }} as date)
            when inputs.has_close_date = 1 then records.close_date
        end as closes_on,
        case when inputs.has_amount = 1 then coalesce(records.amount, 0) end as amount,
        opportunities.campaign,
        upper({{ strip('opportunities.currency') }}) as currency
    from records
    inner join opportunities on records.record_key = opportunities.record_key
    left join inputs on records.crm = inputs.crm
    where records.object_type = 'opportunity' and records.is_live
),

final as (
    select
        dated.record_key,
        dated.crm,
        coalesce(dated.stage_kind, 'open') as stage_kind,
        dated.stage,
        dated.closes_on,
        cast({{ dbt.date_trunc('month', 'dated.closes_on') }} as date) as close_month,
        dated.lead_source,
        dated.campaign,
        dated.currency,
        dated.amount,
        case
            -- A modification does not tell how long the sale took.
            when dated.stage_kind = 'won' and coalesce(dated.has_creation_date, true)
                then {{ dbt.datediff(
                    'cast(' ~ business_time('dated.created_at') ~ ' as date)',
                    'dated.closes_on',
                    'day'
                ) }}
        end as cycle_days,
        -- A CRM may delete an account with its deals.
        coalesce(own.record_key, account.record_key) as removed_by
    from dated
    left join deletes as own on dated.record_key = own.record_key
    left join deletes as account
        on {{ record_key('dated.crm', "'account'", 'dated.account_id') }} = account.record_key
)

select * from final
