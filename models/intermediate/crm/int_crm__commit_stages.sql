-- One row per CRM, pipeline and open deal stage in which a deal is committed: from the commit
-- milestone of the pipeline on, or, where the policy names none, from its last open milestone on.
with stage_map as (
    select * from {{ ref('int_crm__stage_map') }}
),

-- Orders compare within one list of stages: a pipeline's own, or that of another one whose stage a
-- record was moved with.
open_stages as (
    select
        crm,
        pipeline,
        case
            when home_pipeline is null or home_pipeline = pipeline then ''
            else home_pipeline
        end as foreign_pipeline,
        stage,
        stage_order,
        is_milestone,
        is_commit
    from stage_map
    where object_type = 'opportunity' and coalesce(kind, 'open') = 'open'
),

from_orders as (
    select
        crm,
        pipeline,
        foreign_pipeline,
        max(case when is_commit then 1 else 0 end) as has_commit,
        min(case when is_commit then stage_order end) as commit_order,
        max(case when is_milestone then stage_order end) as milestone_order
    from open_stages
    group by crm, pipeline, foreign_pipeline
),

judged as (
    select
        open_stages.crm,
        open_stages.pipeline,
        open_stages.stage,
        case when from_orders.has_commit = 1 then 'commit_stage' else 'last_milestone' end as basis,
        case
            when from_orders.has_commit = 1
                then
                    open_stages.is_commit
                    or open_stages.stage_order >= from_orders.commit_order
            -- Of milestones without an order none is known to be the last.
            when from_orders.milestone_order is null then open_stages.is_milestone
            else open_stages.stage_order >= from_orders.milestone_order
        end as is_committed
    from open_stages
    inner join from_orders
        on
            open_stages.crm = from_orders.crm
            and open_stages.pipeline = from_orders.pipeline
            and open_stages.foreign_pipeline = from_orders.foreign_pipeline
),

final as (
    select
        crm,
        pipeline,
        stage,
        basis
    from judged
    where is_committed
)

select * from final
