-- One row per live record (of deals and cases: open) whose owner is inactive or no user: what is
-- wrong, and who could have it instead.
with checks as (
    select record_sk
    from {{ ref('int_health__record_checks') }}
    where owned_by_inactive_user
),

cases as (
    select record_sk
    from {{ ref('int_health__sla_verdicts') }}
    where
        sla_id = 'no_open_record_with_inactive_owner' and object_type = 'case' and is_breach
),

records as (
    select
        record_sk,
        record_key,
        crm,
        object_type,
        record_id,
        segment,
        account_id,
        owner_id,
        amount,
        is_live
    from {{ ref('int_crm__records') }}
),

users as (
    select * from {{ ref('stg_crm__users') }}
),

policy as (
    select * from {{ ref('reassignment_queues') }}
),

left_behind as (
    select record_sk
    from checks

    union

    select record_sk
    from cases
),

accounts as (
    select
        records.crm,
        records.record_id as account_id,
        records.owner_id
    from records
    left join users on records.crm = users.crm and records.owner_id = users.user_id
    where
        records.object_type = 'account'
        and records.is_live
        and records.owner_id is not null
        and {{ owner_fault('records', 'users') }} is null
),

objects as (
    select distinct
        crm,
        object_type
    from records
),

-- A queue that is not landed is taken at the policy's word, one that is inactive is none.
queues as (
    select
        objects.crm,
        objects.object_type,
        policy.owner_id,
        row_number() over (
            partition by objects.crm, objects.object_type
            order by
                case when policy.crm = '*' then 1 else 0 end,
                case when policy.object_type = '*' then 1 else 0 end
        ) as place
    from objects
    inner join policy
        on
            policy.crm in ('*', objects.crm)
            and policy.object_type in ('*', objects.object_type)
    left join users on objects.crm = users.crm and policy.owner_id = users.user_id
    where coalesce(users.is_active, true)
),

found as (
    select
        records.record_sk,
        records.record_key,
        records.crm,
        records.object_type,
        records.record_id,
        records.segment,
        records.amount,
        records.owner_id,
        {{ owner_fault('records', 'owners') }} as fault,
        managers.user_id as manager_id,
        accounts.owner_id as account_owner_id,
        queues.owner_id as queue_id
    from left_behind
    inner join records on left_behind.record_sk = records.record_sk
    left join users as owners on records.crm = owners.crm and records.owner_id = owners.user_id
    left join users as managers
        on
            owners.crm = managers.crm
            and owners.manager_id = managers.user_id
            and owners.user_id <> managers.user_id
            and managers.is_active
    left join accounts
        on records.crm = accounts.crm and records.account_id = accounts.account_id
    left join queues
        on
            records.crm = queues.crm
            and records.object_type = queues.object_type
            and queues.place = 1
),

final as (
    select
        record_sk,
        record_key,
        crm,
        object_type,
        record_id,
        segment,
        amount,
        owner_id,
        fault,
        coalesce(manager_id, account_owner_id, queue_id) as proposed_owner_id,
        case
            when manager_id is not null then 'manager'
            when account_owner_id is not null then 'account_owner'
            when queue_id is not null then 'queue'
            else 'none'
        end as proposed_from,
        fault || case
            when manager_id is not null then ', give it to the owner''s manager ' || manager_id
            when account_owner_id is not null
                then ', give it to the owner of its account, ' || account_owner_id
            when queue_id is not null then ', give it to the queue ' || queue_id
            else
                ', nobody to give it to: no active manager, no active owner of its account, no'
                || ' queue in the policy'
        end as detail
    from found
)

select * from final
