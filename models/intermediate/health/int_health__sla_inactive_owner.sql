-- No CRM tells since when a user is inactive.
with ownerless_since as (
    select
        record_sk,
        started_at
    from {{ ref('int_history__owner_periods') }}
    where is_current and owner_id is null
),

open_records as (
    select
        records.record_sk,
        case
            when records.owner_id is null then 'no owner'
            -- Salesforce's ids tell a queue also where the queues are not landed.
            when
                users.user_id is null
                and not (records.crm = 'salesforce' and records.owner_id like '00G%')
                then 'the owner is no user'
            when not users.is_active then 'the owner is inactive'
        end as detail,
        ownerless_since.started_at as breached_since
    from {{ ref('int_crm__records') }} as records
    left join {{ ref('stg_crm__leads') }} as leads on records.record_key = leads.record_key
    left join {{ ref('stg_crm__users') }} as users
        on records.crm = users.crm and records.owner_id = users.user_id
    left join ownerless_since on records.record_sk = ownerless_since.record_sk
    where
        records.object_type in ('opportunity', 'lead', 'case')
        and records.is_live
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
