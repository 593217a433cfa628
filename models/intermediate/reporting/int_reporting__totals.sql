-- One row per all that reports are told apart by, and per deleted record that takes records along:
-- the reportable records of today, summed. Each big table is read once; a report is a sum of these.
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

campaign_touches as (
    select * from {{ ref('stg_crm__campaign_touches') }}
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

-- A closed deal without a close date closed when its CRM says so.
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
            when inputs.has_close_date = 1 and records.close_date is not null
                then records.close_date
            when records.stage_kind in ('won', 'lost')
                then cast({{ business_time('opportunities.closed_at') }} as date)
        end as closes_on,
        case when inputs.has_amount = 1 then coalesce(records.amount, 0) end as amount,
        opportunities.campaign,
        upper({{ strip('opportunities.currency') }}) as currency
    from records
    inner join opportunities on records.record_key = opportunities.record_key
    left join inputs on records.crm = inputs.crm
    where records.object_type = 'opportunity' and records.is_live
),

deals as (
    select
        dated.crm,
        coalesce(dated.stage_kind, 'open') as stage_kind,
        dated.stage,
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
),

leads as (
    select
        records.crm,
        records.lead_source,
        deletes.record_key as removed_by
    from records
    left join deletes on records.record_key = deletes.record_key
    where records.object_type = 'lead' and records.is_live
),

-- A touch of a converted lead is its contact's.
touches as (
    select
        touches.crm,
        touches.campaign_id as campaign,
        touches.has_responded,
        coalesce(contact.record_key, lead.record_key) as removed_by
    from campaign_touches as touches
    left join records as members
        on
            touches.crm = members.crm
            and case when touches.contact_id is null then 'lead' else 'contact' end
            = members.object_type
            and coalesce(touches.contact_id, touches.lead_id) = members.record_id
    left join deletes as contact
        on {{ record_key('touches.crm', "'contact'", 'touches.contact_id') }} = contact.record_key
    left join deletes as lead
        on {{ record_key('touches.crm', "'lead'", 'touches.lead_id') }} = lead.record_key
    where coalesce(members.is_live, true)
),

final as (
    select
        crm,
        'opportunity' as object_type,
        stage_kind,
        stage,
        close_month,
        lead_source,
        campaign,
        currency,
        cast(null as {{ dbt.type_boolean() }}) as has_responded,
        removed_by,
        count(*) as n_records,
        sum(amount) as amount,
        sum(cycle_days) as cycle_days,
        count(cycle_days) as n_cycles
    from deals
    group by
        crm, stage_kind, stage, close_month, lead_source, campaign, currency, removed_by

    union all

    select
        crm,
        'lead' as object_type,
        cast(null as {{ dbt.type_string() }}) as stage_kind,
        cast(null as {{ dbt.type_string() }}) as stage,
        cast(null as date) as close_month,
        lead_source,
        cast(null as {{ dbt.type_string() }}) as campaign,
        cast(null as {{ dbt.type_string() }}) as currency,
        cast(null as {{ dbt.type_boolean() }}) as has_responded,
        removed_by,
        count(*) as n_records,
        cast(null as {{ type_amount() }}) as amount,
        cast(null as {{ dbt.type_bigint() }}) as cycle_days,
        cast(null as {{ dbt.type_bigint() }}) as n_cycles
    from leads
    group by crm, lead_source, removed_by

    union all

    select
        crm,
        'campaign_touch' as object_type,
        cast(null as {{ dbt.type_string() }}) as stage_kind,
        cast(null as {{ dbt.type_string() }}) as stage,
        cast(null as date) as close_month,
        cast(null as {{ dbt.type_string() }}) as lead_source,
        campaign,
        cast(null as {{ dbt.type_string() }}) as currency,
        has_responded,
        removed_by,
        count(*) as n_records,
        cast(null as {{ type_amount() }}) as amount,
        cast(null as {{ dbt.type_bigint() }}) as cycle_days,
        cast(null as {{ dbt.type_bigint() }}) as n_cycles
    from touches
    group by crm, campaign, has_responded, removed_by
)

select * from final
