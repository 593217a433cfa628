-- One row per owner. HubSpot lists people; what is none is named by its type or the policy.
{{ config(materialized='view') }}

with owners as (
    select * from {{ ref('base_hubspot__owner') }}
),

owner_teams as (
    select * from {{ ref('base_hubspot__owner_team') }}
),

teams as (
    select * from {{ ref('base_hubspot__team') }}
),

named_teams as (
    select
        owner_teams.owner_id,
        teams.name as team_name,
        row_number() over (
            partition by owner_teams.owner_id
            order by
                case when owner_teams.is_team_primary then 0 else 1 end,
                owner_teams.team_id
        ) as place
    from owner_teams
    inner join teams on owner_teams.team_id = teams.id and teams.landing_status = 'staged'
    where
        owner_teams.landing_status = 'staged'
        and not coalesce(owner_teams._fivetran_deleted, false)
        and not coalesce(teams._fivetran_deleted, false)
),

final as (
    select
        owners.owner_id as user_id,
        coalesce(owners.active_user_id, owners.user_id, owners.user_id_including_inactive)
            as login_id,
        {{ strip("coalesce(owners.first_name, '') || ' ' || coalesce(owners.last_name, '')") }}
            as user_name,
        owners.email,
        cast(null as {{ dbt.type_string() }}) as team,
        case when lower(owners.type) = 'queue' then 'queue' end as kind,
        'human' as default_kind,
        coalesce(owners.is_active, not owners.archived, true)
        and not coalesce(owners._fivetran_deleted, false) as is_active,
        owners.manager_id,
        cast(null as {{ dbt.type_string() }}) as username,
        owners.type as user_type,
        named_teams.team_name as department,
        cast(null as {{ dbt.type_string() }}) as title
    from owners
    left join named_teams
        on owners.owner_id = named_teams.owner_id and named_teams.place = 1
    where owners.landing_status = 'staged'
)

select * from final
