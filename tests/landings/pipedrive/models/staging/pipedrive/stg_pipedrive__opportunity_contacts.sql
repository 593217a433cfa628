-- One row per deal that names a person.
{{ config(materialized='view') }}

with deals as (
    select * from {{ ref('base_pipedrive__deals') }}
),

final as (
    select
        id as opportunity_id,
        person_id as contact_id,
        cast(null as {{ dbt.type_string() }}) as role,
        true as is_primary
    from deals
    where landing_status = 'staged' and person_id is not null
)

select * from final
