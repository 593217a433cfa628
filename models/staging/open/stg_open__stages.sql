-- One row per stage of an object and pipeline.
{{ config(materialized='view') }}

with stages as (
    select * from {{ ref('base_open__stages') }}
),

final as (
    select
        object_type,
        pipeline,
        stage,
        stage as stage_label,
        stage_order,
        kind,
        is_milestone,
        false as is_retired
    from stages
    where landing_status = 'staged'
)

select * from final
