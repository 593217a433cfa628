-- One row per pipeline that records have ('' for none) and stage: what the stage means there. Its
-- place is that of its row in that pipeline, else of the one without a pipeline, else of any
-- pipeline's; its kind that of the policy, else what the records in it say, else that of its row,
-- else (of a lead's status) what the seed lead_status_kinds reads in its name.
-- home_pipeline is the pipeline of the row that told it, NULL for one without.
with opportunities as (
    select * from {{ ref('stg_crm__opportunities') }}
),

leads as (
    select * from {{ ref('stg_crm__leads') }}
),

field_changes as (
    select * from {{ ref('stg_crm__field_changes') }}
),

landed_stages as {{ inlined() }} (
    select * from {{ ref('stg_crm__stages') }}
),

lead_status_kinds as {{ inlined() }} (
    select * from {{ ref('lead_status_kinds') }}
),

-- Records and histories may spell a stage otherwise than its list: another case, or the label.
spelled as (
    select
        crm,
        'opportunity' as object_type,
        stage
    from opportunities

    union

    select
        crm,
        'lead' as object_type,
        status as stage
    from leads

    {% for value in ['old_value', 'new_value'] %}
        union

        select
            crm,
            object_type,
            {{ value }} as stage
        from field_changes
        where
            (object_type = 'opportunity' and field = 'stage')
            or (object_type = 'lead' and field = 'status')

    {% endfor %}
),

names as (
    {% for name in ['stage', 'stage_label'] -%}
        select
            stage_key,
            crm,
            object_type,
            lower({{ strip(name) }}) as folded_name
        from landed_stages
        where {{ name }} is not null
        {%- if not loop.last %}

            union

        {% endif %}
    {%- endfor %}
),

other_spellings as (
    select
        spelled.stage,
        names.stage_key
    from spelled
    inner join names
        on
            spelled.crm = names.crm
            and spelled.object_type = names.object_type
            and lower({{ strip('spelled.stage') }}) = names.folded_name
    where
        not exists (
            select 1
            from landed_stages
            where
                landed_stages.crm = spelled.crm
                and landed_stages.object_type = spelled.object_type
                and landed_stages.stage = spelled.stage
        )
),

stages as (
    select
        crm,
        object_type,
        pipeline,
        stage,
        stage_order,
        kind,
        is_kind_of_policy,
        is_milestone,
        is_commit,
        is_retired
    from landed_stages

    union all

    select
        landed_stages.crm,
        landed_stages.object_type,
        landed_stages.pipeline,
        other_spellings.stage,
        landed_stages.stage_order,
        landed_stages.kind,
        landed_stages.is_kind_of_policy,
        landed_stages.is_milestone,
        landed_stages.is_commit,
        landed_stages.is_retired
    from other_spellings
    inner join landed_stages on other_spellings.stage_key = landed_stages.stage_key
),

lead_names as (
    select
        crm,
        stage,
        lower({{ strip('stage') }}) as name
    from spelled
    where object_type = 'lead' and stage is not null

    {%- for name in ['stage', 'stage_label'] %}

        union

        select
            crm,
            stage,
            lower({{ strip(name) }}) as name
        from landed_stages
        where object_type = 'lead' and {{ name }} is not null
    {%- endfor %}
),

matched as (
    select
        lead_names.crm,
        lead_names.stage,
        min(case policy.kind when 'lost' then 1 when 'won' then 2 else 3 end) as kind_place
    from lead_names
    inner join lead_status_kinds as policy
        on {{ matches_pattern('lead_names.name', 'policy.pattern') }}
    group by lead_names.crm, lead_names.stage
),

lead_kinds as (
    select
        crm,
        'lead' as object_type,
        stage,
        case kind_place when 1 then 'lost' when 2 then 'won' else 'open' end as kind
    from matched
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
        stages.is_kind_of_policy,
        stages.is_milestone,
        stages.is_commit,
        stages.pipeline as home_pipeline,
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

-- What the records that are in a stage say of themselves, where they agree.
told as (
    select
        crm,
        'opportunity' as object_type,
        coalesce(pipeline, '') as pipeline,
        stage,
        case
            when min(case when is_won then 1 else 0 end) = 1 then 'won'
            when min(case when is_closed and not is_won then 1 else 0 end) = 1 then 'lost'
            when min(case when not is_closed then 1 else 0 end) = 1 then 'open'
        end as kind
    from opportunities
    where stage is not null and (is_closed is not null or is_won is not null)
    group by crm, coalesce(pipeline, ''), stage
),

final as (
    select
        ranked.crm,
        ranked.object_type,
        ranked.pipeline,
        ranked.stage,
        ranked.stage_order,
        case
            when ranked.is_kind_of_policy then ranked.kind
            else coalesce(told.kind, ranked.kind, lead_kinds.kind)
        end as kind,
        ranked.is_kind_of_policy,
        ranked.is_milestone,
        ranked.is_commit,
        ranked.home_pipeline
    from ranked
    left join told
        on
            ranked.crm = told.crm
            and ranked.object_type = told.object_type
            and ranked.pipeline = told.pipeline
            and ranked.stage = told.stage
    left join lead_kinds
        on
            ranked.crm = lead_kinds.crm
            and ranked.object_type = lead_kinds.object_type
            and ranked.stage = lead_kinds.stage
    where ranked.place = 1

    union all

    -- Stages and statuses that only records know.
    select
        told.crm,
        told.object_type,
        told.pipeline,
        told.stage,
        cast(null as {{ dbt.type_int() }}) as stage_order,
        told.kind,
        false as is_kind_of_policy,
        false as is_milestone,
        false as is_commit,
        cast(null as {{ dbt.type_string() }}) as home_pipeline
    from told
    where
        not exists (
            select 1
            from ranked
            where
                ranked.crm = told.crm
                and ranked.object_type = told.object_type
                and ranked.pipeline = told.pipeline
                and ranked.stage = told.stage
        )

    union all

    select
        lead_kinds.crm,
        lead_kinds.object_type,
        '' as pipeline,
        lead_kinds.stage,
        cast(null as {{ dbt.type_int() }}) as stage_order,
        lead_kinds.kind,
        false as is_kind_of_policy,
        false as is_milestone,
        false as is_commit,
        cast(null as {{ dbt.type_string() }}) as home_pipeline
    from lead_kinds
    where
        not exists (
            select 1
            from ranked
            where
                ranked.crm = lead_kinds.crm
                and ranked.object_type = lead_kinds.object_type
                and ranked.pipeline = ''
                and ranked.stage = lead_kinds.stage
        )
)

select * from final
