-- One row per user, integration, automation or queue, with the team, kind and write path
-- of the seed user_policy where the CRM does not tell them.
with user_policy as (
    select * from {{ ref('user_policy') }}
),

landed as (
    {{ crm_union('users', [
        'user_id', 'login_id', 'user_name', 'email', 'team', 'kind', 'default_kind', 'is_active',
        'manager_id', 'username', 'user_type', 'department', 'title',
    ]) }}
),

matched as (
    select
        landed.crm,
        landed.user_id,
        policy.kind,
        policy.team,
        policy.write_path,
        row_number() over (
            partition by landed.crm, landed.user_id
            order by case when policy.kind is null then 1 else 0 end, policy.priority
        ) as kind_place,
        row_number() over (
            partition by landed.crm, landed.user_id
            order by case when policy.team is null then 1 else 0 end, policy.priority
        ) as team_place,
        row_number() over (
            partition by landed.crm, landed.user_id
            order by case when policy.write_path is null then 1 else 0 end, policy.priority
        ) as path_place
    from landed
    inner join user_policy as policy
        on
            policy.crm in ('*', landed.crm)
            and case policy.match_on
                when 'user_id' then lower(landed.user_id)
                when 'email' then lower(landed.email)
                when 'name' then lower(landed.user_name)
                when 'username' then lower(landed.username)
                when 'user_type' then lower(landed.user_type)
                when 'department' then lower(landed.department)
                when 'title' then lower(landed.title)
                when 'team' then lower(coalesce(landed.team, landed.department))
            end like policy.pattern
),

final as (
    select
        landed.crm,
        landed.user_id,
        landed.login_id,
        landed.user_name,
        landed.email,
        {{ normalised_email('landed.email') }} as email_normalised,
        coalesce(landed.team, teams.team) as team,
        coalesce(landed.kind, kinds.kind, landed.default_kind) as kind,
        paths.write_path,
        landed.is_active,
        landed.manager_id
    from landed
    left join matched as kinds
        on
            landed.crm = kinds.crm
            and landed.user_id = kinds.user_id
            and kinds.kind_place = 1
    left join matched as teams
        on
            landed.crm = teams.crm
            and landed.user_id = teams.user_id
            and teams.team_place = 1
    left join matched as paths
        on
            landed.crm = paths.crm
            and landed.user_id = paths.user_id
            and paths.path_place = 1
)

select * from final
