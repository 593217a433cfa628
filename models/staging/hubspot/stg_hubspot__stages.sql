-- One row per stage of a deal pipeline.
{{ config(materialized='view') }}

with pipeline_stages as (
    select * from {{ ref('base_hubspot__deal_pipeline_stage') }}
),

final as (
    select
        'opportunity' as object_type,
        pipeline_id as pipeline,
        stage_id as stage,
        label as stage_label,
        display_order as stage_order,
        case
            when closed_won then 'won'
            when is_closed or probability = 0 then 'lost'
            else 'open'
        end as kind,
        cast(null as {{ dbt.type_boolean() }}) as is_milestone,
        coalesce(_fivetran_deleted, false) or not coalesce(active, true) as is_retired
    from pipeline_stages
    where landing_status = 'staged'
)

select * from final
