-- One row per pipeline that records have ('' for none) and stage: what the stage means there, by
-- its row in that pipeline, else the one without a pipeline, else any pipeline's.
with opportunities as (
    select * from {{ ref('stg_crm__opportunities') }}
),

stages as {{ inlined() }} (
    select * from {{ ref('stg_crm__stages') }}
),

pipelines as (
    select distinct
        crm,
        'opportunity' as object_type,
        coalesce(pipeline, '') as pipeline
    from opportunities

    union

    select distinct
        crm,
        object_type,
        '' as pipeline
    from stages
),

ranked as (
    select
        pipelines.crm,
        pipelines.object_type,
        pipelines.pipeline,
        stages.stage,
        stages.stage_order,
        stages.kind,
        stages.is_milestone,
        -- A record moved between pipelines keeps its stages' meaning.
        row_number() over (
            partition by pipelines.crm, pipelines.object_type, pipelines.pipeline, stages.stage
            order by
                case
                    when coalesce(stages.pipeline, '') = pipelines.pipeline then 0
                    when stages.pipeline is null then 1
                    else 2
                end,
                stages.is_retired,
                stages.stage_order nulls last,
                stages.pipeline
        ) as place
    from pipelines
    inner join stages
        on pipelines.crm = stages.crm and pipelines.object_type = stages.object_type
),

final as (
    select
        crm,
        object_type,
        pipeline,
        stage,
        stage_order,
        kind,
        is_milestone
    from ranked
    where place = 1
)

select * from final
