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
        -- Loaders have landed HubSpot's isClosed as closed_won: a probability of 1 or 0 tells, and
        -- a stage that is closed without either may be both.
        case
            when probability = 1 then 'won'
            when probability = 0 then 'lost'
            when not coalesce(is_closed, false) and not coalesce(closed_won, false) then 'open'
            when closed_won and probability is null then 'won'
        end as kind,
        cast(null as {{ dbt.type_boolean() }}) as is_milestone,
        coalesce(_fivetran_deleted, false) or not coalesce(active, true) as is_retired
    from pipeline_stages
    where landing_status = 'staged'
)

select * from final
