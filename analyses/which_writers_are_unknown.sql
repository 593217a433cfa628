-- Who makes stage and owner changes without all that attribution needs. An unknown kind or team of
-- a user is mended by a row in the seed user_policy; an unknown channel only by the landing:
-- Salesforce's tells none for people.
-- dbt show --select which_writers_are_unknown --limit 50
with changes as (
    select
        changes.crm,
        changes.changed_by,
        users.user_name,
        changes.actor_kind,
        users.team,
        changes.channel,
        changes.changed_at
    from {{ ref('stg_crm__field_changes') }} as changes
    left join {{ ref('stg_crm__users') }} as users
        on changes.crm = users.crm and changes.changed_by = users.user_id
    where changes.field in ('stage', 'status', 'owner_id') and not changes.is_orphan
),

final as (
    select
        crm,
        changed_by,
        user_name,
        actor_kind,
        team,
        count(*) as n_changes,
        sum(case when channel is null then 1 else 0 end) as n_without_channel,
        max(changed_at) as last_at
    from changes
    where
        actor_kind is null
        or channel is null
        or (actor_kind = 'human' and team is null)
    group by crm, changed_by, user_name, actor_kind, team
)

select * from final
order by
    case when actor_kind is null then 0 when team is null then 1 else 2 end asc,
    n_changes desc,
    crm asc,
    changed_by asc
