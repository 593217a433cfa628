-- One row per live customer account (any, where a CRM tells of no customer): whether it kept its
-- owner.
with records as (
    select
        record_sk,
        record_key,
        crm,
        object_type,
        record_id,
        account_id,
        stage_kind,
        is_live
    from {{ ref('int_crm__records') }}
),

landed_accounts as (
    select * from {{ ref('stg_crm__accounts') }}
),

field_changes as (
    select * from {{ ref('stg_crm__field_changes') }}
    where not is_orphan and object_type = 'account' and field = 'owner_id'
),

won_accounts as (
    select distinct
        crm,
        account_id
    from records
    where object_type = 'opportunity' and is_live and stage_kind = 'won'
),

accounts as (
    select
        records.record_sk,
        records.crm,
        coalesce(landed.is_customer, false) or won_accounts.account_id is not null as is_customer
    from records
    inner join landed_accounts as landed on records.record_key = landed.record_key
    left join won_accounts
        on records.crm = won_accounts.crm and records.record_id = won_accounts.account_id
    where records.object_type = 'account' and records.is_live
),

known as (
    select
        record_sk,
        is_customer,
        max(case when is_customer then 1 else 0 end) over (partition by crm) = 1
            as has_customers
    from accounts
),

owner_changes as (
    select
        record_sk,
        count(*) as n_changes,
        max(changed_at) as last_changed_at
    from field_changes
    where
        changed_at
        > {{ later(as_of(), -86400, threshold('ownership_stability__window_days')) }}
        and (change_number > 1 or old_value is not null)
    group by record_sk
),

final as (
    select
        known.record_sk,
        cast(null as {{ dbt.type_string() }}) as part,
        owner_changes.record_sk is null as is_counted,
        cast(null as {{ type_double() }}) as hours,
        owner_changes.last_changed_at as occurred_at,
        case
            when owner_changes.record_sk is null then 'no owner change'
            when owner_changes.n_changes = 1 then '1 owner change'
            else cast(owner_changes.n_changes as {{ dbt.type_string() }}) || ' owner changes'
        end as detail
    from known
    left join owner_changes on known.record_sk = owner_changes.record_sk
    where known.is_customer or not known.has_customers
)

select * from final
