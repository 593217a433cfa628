with hubspot_teams as (
    select
        owner_team.owner_id,
        team.name as team_name,
        row_number() over (
            partition by owner_team.owner_id
            order by
                case when owner_team.is_team_primary then 0 else 1 end,
                owner_team.team_id
        ) as place
    from {{ ref('base_hubspot__owner_team') }} as owner_team
    inner join {{ ref('base_hubspot__team') }} as team
        on owner_team.team_id = team.id and team.landing_status = 'staged'
    where owner_team.landing_status = 'staged'
),

landed as (
    select
        'salesforce' as crm,
        id as user_id,
        cast(null as {{ dbt.type_string() }}) as login_id,
        name as user_name,
        email,
        cast(null as {{ dbt.type_string() }}) as team,
        cast(null as {{ dbt.type_string() }}) as kind,
        coalesce(is_active, true)
        and not coalesce(_fivetran_deleted, false)
        and coalesce(_fivetran_active, true) as is_active,
        manager_id,
        username,
        user_type,
        department,
        title
    from {{ ref('base_salesforce__user') }}
    where landing_status = 'staged' and is_latest_version

    union all

    select
        'salesforce' as crm,
        id as user_id,
        cast(null as {{ dbt.type_string() }}) as login_id,
        name as user_name,
        cast(null as {{ dbt.type_string() }}) as email,
        cast(null as {{ dbt.type_string() }}) as team,
        'queue' as kind,
        not coalesce(_fivetran_deleted, false) as is_active,
        cast(null as {{ dbt.type_string() }}) as manager_id,
        cast(null as {{ dbt.type_string() }}) as username,
        cast(null as {{ dbt.type_string() }}) as user_type,
        cast(null as {{ dbt.type_string() }}) as department,
        cast(null as {{ dbt.type_string() }}) as title
    from {{ ref('base_salesforce__group') }}
    where landing_status = 'staged' and lower(type) = 'queue'

    union all

    select
        'hubspot' as crm,
        owners.owner_id as user_id,
        coalesce(owners.active_user_id, owners.user_id) as login_id,
        {{ strip("coalesce(owners.first_name, '') || ' ' || coalesce(owners.last_name, '')") }}
            as user_name,
        owners.email,
        cast(null as {{ dbt.type_string() }}) as team,
        case when lower(owners.type) = 'queue' then 'queue' end as kind,
        coalesce(owners.is_active, true)
        and not coalesce(owners._fivetran_deleted, false) as is_active,
        owners.manager_id,
        cast(null as {{ dbt.type_string() }}) as username,
        owners.type as user_type,
        primary_teams.team_name as department,
        cast(null as {{ dbt.type_string() }}) as title
    from {{ ref('base_hubspot__owner') }} as owners
    left join hubspot_teams as primary_teams
        on owners.owner_id = primary_teams.owner_id and primary_teams.place = 1
    where owners.landing_status = 'staged'

    union all

    select
        'open' as crm,
        user_id,
        cast(null as {{ dbt.type_string() }}) as login_id,
        name as user_name,
        email,
        lower(team) as team,
        lower(kind) as kind,
        coalesce(is_active, true) as is_active,
        manager_id,
        cast(null as {{ dbt.type_string() }}) as username,
        cast(null as {{ dbt.type_string() }}) as user_type,
        cast(null as {{ dbt.type_string() }}) as department,
        cast(null as {{ dbt.type_string() }}) as title
    from {{ ref('base_open__users') }}
    where landing_status = 'staged'
),

matched as (
    select
        landed.crm,
        landed.user_id,
        policy.kind,
        policy.team,
        row_number() over (
            partition by landed.crm, landed.user_id
            order by case when policy.kind is null then 1 else 0 end, policy.priority
        ) as kind_place,
        row_number() over (
            partition by landed.crm, landed.user_id
            order by case when policy.team is null then 1 else 0 end, policy.priority
        ) as team_place
    from landed
    inner join {{ ref('user_policy') }} as policy
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
        -- The open landing says what a user is; the others list people and name the exceptions.
        coalesce(
            landed.kind,
            kinds.kind,
            case when landed.crm <> 'open' then 'human' end
        ) as kind,
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
)

select * from final
