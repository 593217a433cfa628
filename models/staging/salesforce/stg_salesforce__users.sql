-- One row per user or queue. Salesforce lists people; what is none is named by its type or the
-- policy.
{{ config(materialized='view') }}

with users as (
    select * from {{ ref('base_salesforce__user') }}
),

user_groups as (
    select * from {{ ref('base_salesforce__group') }}
),

final as (
    select
        id as user_id,
        cast(null as {{ dbt.type_string() }}) as login_id,
        name as user_name,
        email,
        cast(null as {{ dbt.type_string() }}) as team,
        cast(null as {{ dbt.type_string() }}) as kind,
        'human' as default_kind,
        coalesce(is_active, true)
        and not coalesce(_fivetran_deleted, false)
        and coalesce(_fivetran_active, true) as is_active,
        manager_id,
        username,
        user_type,
        department,
        title
    from users
    where landing_status = 'staged' and is_latest_version

    union all

    select
        id as user_id,
        cast(null as {{ dbt.type_string() }}) as login_id,
        name as user_name,
        cast(null as {{ dbt.type_string() }}) as email,
        cast(null as {{ dbt.type_string() }}) as team,
        'queue' as kind,
        'human' as default_kind,
        not coalesce(_fivetran_deleted, false) as is_active,
        cast(null as {{ dbt.type_string() }}) as manager_id,
        cast(null as {{ dbt.type_string() }}) as username,
        cast(null as {{ dbt.type_string() }}) as user_type,
        cast(null as {{ dbt.type_string() }}) as department,
        cast(null as {{ dbt.type_string() }}) as title
    from user_groups
    where landing_status = 'staged' and lower(type) = 'queue'
)

select * from final
