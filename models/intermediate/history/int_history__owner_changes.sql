-- One row per change of owner that gives a record away: not its first assignment, and not its way
-- through queues to the first person, which counts once (policy).
with edits as (
    select * from {{ ref('int_history__edits') }}
    where not is_orphan and field = 'owner_id'
),

users as (
    select * from {{ ref('stg_crm__users') }}
),

changes as (
    select
        edits.record_sk,
        edits.change_number,
        edits.changed_at,
        edits.old_value,
        edits.new_value,
        coalesce(
            users.kind = 'queue', {{ names_a_queue('edits.crm', 'edits.new_value') }}
        ) as is_to_queue
    from edits
    left join users on edits.crm = users.crm and edits.new_value = users.user_id
),

counted as (
    select
        *,
        min(case when is_to_queue then 1 else 0 end) over (
            partition by record_sk
            order by change_number
            rows between unbounded preceding and current row
        ) = 1
        -- Where no person ever got it, the queues are its owners.
        and max(case when is_to_queue then 0 else 1 end) over (partition by record_sk) = 1
            as is_on_the_way
    from changes
),

kept as (
    select
        record_sk,
        change_number,
        changed_at,
        old_value,
        new_value
    from counted
    where
        (change_number > 1 or old_value is not null)
        and not (is_on_the_way and {{ threshold('owner_ping_pong__routing_changes') }} < 2)
),

final as (
    select
        record_sk,
        change_number,
        changed_at,
        old_value,
        new_value,
        lag(old_value) over (partition by record_sk order by change_number) as owner_before
    from kept
)

select * from final
