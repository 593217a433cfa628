-- One row per live open deal, lead or case: whether its owner is active. No CRM tells since when a
-- user is not.
with records as (
    select * from {{ ref('int_crm__records') }}
    where object_type in ('opportunity', 'lead', 'case')
),

leads as (
    select * from {{ ref('stg_crm__leads') }}
),

users as (
    select * from {{ ref('stg_crm__users') }}
),

owner_periods as (
    select * from {{ ref('int_history__owner_periods') }}
),

ownerless_since as (
    select
        record_sk,
        started_at
    from owner_periods
    where is_current and owner_id is null
),

open_records as (
    select
        records.record_sk,
        {{ owner_fault('records', 'users') }} as detail,
        ownerless_since.started_at as breached_since
    from records
    left join leads on records.record_key = leads.record_key
    left join users on records.crm = users.crm and records.owner_id = users.user_id
    left join ownerless_since on records.record_sk = ownerless_since.record_sk
    where
        records.is_live
        and coalesce(records.stage_kind, 'open') = 'open'
        and not coalesce(leads.is_converted, false)
),

final as (
    select
        record_sk,
        detail is not null as is_breach,
        breached_since,
        detail
    from open_records
)

select * from final
