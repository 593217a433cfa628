-- One row per user. The landing says of each what it is: one of which it does not is not known.
{{ config(materialized='view') }}

with users as (
    select * from {{ ref('base_open__users') }}
),

final as (
    select
        user_id,
        cast(null as {{ dbt.type_string() }}) as login_id,
        name as user_name,
        email,
        lower(team) as team,
        lower(kind) as kind,
        cast(null as {{ dbt.type_string() }}) as default_kind,
        coalesce(is_active, true) as is_active,
        manager_id,
        cast(null as {{ dbt.type_string() }}) as username,
        cast(null as {{ dbt.type_string() }}) as user_type,
        cast(null as {{ dbt.type_string() }}) as department,
        cast(null as {{ dbt.type_string() }}) as title
    from users
    where landing_status = 'staged'
)

select * from final
