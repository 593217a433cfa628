-- One row per stage of a deal pipeline, and per closed stage of HubSpot's own that is not landed.
{{ config(materialized='view') }}

with pipeline_stages as (
    select * from {{ ref('base_hubspot__deal_pipeline_stage') }}
),

deals as (
    select * from {{ ref('base_hubspot__deal') }}
),

-- HubSpot gives these ids to the closed stages of every account's first pipeline.
default_stages as (
    select
        stage,
        stage_label,
        kind
    from {{ literal_rows(['stage', 'stage_label', 'kind'], [
        ["'closedwon'", "'Closed won'", "'won'"],
        ["'closedlost'", "'Closed lost'", "'lost'"],
    ]) }}
    where
        exists (select 1 from deals)
        and stage not in (
            select pipeline_stages.stage_id
            from pipeline_stages
            where
                pipeline_stages.landing_status = 'staged'
                and pipeline_stages.stage_id is not null
        )
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

    union all

    select
        'opportunity' as object_type,
        cast(null as {{ dbt.type_string() }}) as pipeline,
        stage,
        stage_label,
        cast(null as {{ dbt.type_int() }}) as stage_order,
        kind,
        cast(null as {{ dbt.type_boolean() }}) as is_milestone,
        false as is_retired
    from default_stages
)

select * from final
