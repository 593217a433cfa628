-- The history may hold a stage under its label or under its API name.
with salesforce_labels as (
    select
        id,
        master_label as stage
    from {{ ref('base_salesforce__opportunity_stage') }}

    union

    select
        id,
        api_name as stage
    from {{ ref('base_salesforce__opportunity_stage') }}
),

landed as (
    select
        'salesforce' as crm,
        'opportunity' as object_type,
        cast(null as {{ dbt.type_string() }}) as pipeline,
        labels.stage,
        stages.master_label as stage_label,
        stages.sort_order as stage_order,
        case
            when stages.is_won then 'won'
            when stages.is_closed then 'lost'
            else 'open'
        end as kind,
        cast(null as {{ dbt.type_boolean() }}) as is_milestone,
        coalesce(stages._fivetran_deleted, false)
        or not coalesce(stages.is_active, true) as is_retired
    from {{ ref('base_salesforce__opportunity_stage') }} as stages
    inner join salesforce_labels as labels
        on stages.id = labels.id and labels.stage is not null
    where stages.landing_status = 'staged'

    union all

    select
        'salesforce' as crm,
        'lead' as object_type,
        cast(null as {{ dbt.type_string() }}) as pipeline,
        coalesce(master_label, api_name) as stage,
        master_label as stage_label,
        sort_order as stage_order,
        case when is_converted then 'won' else 'open' end as kind,
        cast(null as {{ dbt.type_boolean() }}) as is_milestone,
        coalesce(_fivetran_deleted, false) as is_retired
    from {{ ref('base_salesforce__lead_status') }}
    where landing_status = 'staged' and coalesce(master_label, api_name) is not null

    union all

    select
        'hubspot' as crm,
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
    from {{ ref('base_hubspot__deal_pipeline_stage') }}
    where landing_status = 'staged'

    union all

    select
        'open' as crm,
        object_type,
        pipeline,
        stage,
        stage as stage_label,
        stage_order,
        kind,
        is_milestone,
        false as is_retired
    from {{ ref('base_open__stages') }}
    where landing_status = 'staged'
),

with_policy as (
    select
        landed.crm,
        landed.object_type,
        landed.pipeline,
        landed.stage,
        landed.stage_label,
        coalesce(policy.stage_order, landed.stage_order) as stage_order,
        coalesce(policy.kind, landed.kind) as kind,
        coalesce(policy.is_milestone, landed.is_milestone, false) as is_milestone,
        landed.is_retired,
        case when policy.pipeline is null then 1 else 0 end as policy_place
    from landed
    left join {{ ref('stage_overrides') }} as policy
        on
            landed.crm = policy.crm
            and landed.object_type = policy.object_type
            and landed.stage = policy.stage
            and coalesce(policy.pipeline, landed.pipeline, '') = coalesce(landed.pipeline, '')

    union all

    -- Stages that only the policy knows: renamed or deleted away.
    select
        policy.crm,
        policy.object_type,
        policy.pipeline,
        policy.stage,
        policy.stage as stage_label,
        policy.stage_order,
        policy.kind,
        coalesce(policy.is_milestone, false) as is_milestone,
        true as is_retired,
        2 as policy_place
    from {{ ref('stage_overrides') }} as policy
    where
        policy.kind is not null
        and policy.crm in ('{{ crm_sources() | join("', '") }}')
        and not exists (
            select 1
            from landed
            where
                landed.crm = policy.crm
                and landed.object_type = policy.object_type
                and landed.stage = policy.stage
        )
),

ranked as (
    select
        *,
        row_number() over (
            partition by crm, object_type, pipeline, stage
            order by
                policy_place,
                case when is_retired then 1 else 0 end,
                stage_order nulls last,
                kind
        ) as place
    from with_policy
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(['crm', 'object_type', 'pipeline', 'stage']) }}
            as stage_key,
        crm,
        object_type,
        pipeline,
        stage,
        stage_label,
        stage_order,
        kind,
        is_milestone,
        is_retired
    from ranked
    where place = 1
)

select * from final
