-- One row per stage of an object and pipeline, as the CRM lists it or the seed stage_overrides
-- says.
with stage_overrides as (
    select * from {{ ref('stage_overrides') }}
),

landed as (
    {{ crm_union('stages', [
        'object_type', 'pipeline', 'stage', 'stage_label', 'stage_order', 'kind', 'is_milestone',
        'is_retired',
    ]) }}
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
        policy.kind is not null as is_kind_of_policy,
        coalesce(policy.is_milestone, landed.is_milestone, policy.is_commit, false) as is_milestone,
        coalesce(policy.is_commit, false) as is_commit,
        landed.is_retired,
        case when policy.pipeline is null then 1 else 0 end as policy_place
    from landed
    left join stage_overrides as policy
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
        true as is_kind_of_policy,
        coalesce(policy.is_milestone, policy.is_commit, false) as is_milestone,
        coalesce(policy.is_commit, false) as is_commit,
        true as is_retired,
        2 as policy_place
    from stage_overrides as policy
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
        is_kind_of_policy,
        is_milestone,
        is_commit,
        is_retired
    from ranked
    where place = 1
)

select * from final
