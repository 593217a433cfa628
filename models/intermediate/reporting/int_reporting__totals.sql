-- One row per all that reports are told apart by, and per deleted record that takes records along:
-- the reportable records of today, summed. Each big table is read once; a report is a sum of these.
with deals as (
    select * from {{ ref('int_reporting__deals') }}
),

contracts_and_invoices as (
    select * from {{ ref('int_reporting__contracts_and_invoices') }}
),

deletes as (
    select record_key
    from {{ ref('int_lifecycle__decisions') }}
    where decision = 'delete'
),

records as {{ inlined() }} (
    select * from {{ ref('int_crm__records') }}
),

campaign_touches as (
    select * from {{ ref('stg_crm__campaign_touches') }}
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

    union all

    select
        crm,
        object_type,
        cast(null as {{ dbt.type_string() }}) as stage_kind,
        cast(null as {{ dbt.type_string() }}) as stage,
        close_month,
        cast(null as {{ dbt.type_string() }}) as lead_source,
        cast(null as {{ dbt.type_string() }}) as campaign,
        currency,
        cast(null as {{ dbt.type_boolean() }}) as has_responded,
        removed_by,
        count(*) as n_records,
        sum(amount) as amount,
        cast(null as {{ dbt.type_bigint() }}) as cycle_days,
        cast(null as {{ dbt.type_bigint() }}) as n_cycles
    from contracts_and_invoices
    group by crm, object_type, close_month, currency, removed_by
)

select * from final
