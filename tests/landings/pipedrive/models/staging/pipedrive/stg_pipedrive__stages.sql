-- One row per pipeline and stage that a deal stands in.
{{ config(materialized='view') }}

with opportunities as (
    select * from {{ ref('stg_pipedrive__opportunities') }}
),

final as (
    select distinct
        'opportunity' as object_type,
        pipeline,
        stage,
        stage as stage_label,
        cast(null as bigint) as stage_order,
        case when stage in ('won', 'lost') then stage else 'open' end as kind,
        cast(null as {{ dbt.type_boolean() }}) as is_milestone,
        false as is_retired
    from opportunities
    where stage is not null
)

select * from final
