{{ history_periods(
    changes_filter="(
        (object_type = 'opportunity' and field = 'stage')
        or (object_type in ('lead', 'case') and field = 'status')
    )",
    current_value='stage',
    object_types=['opportunity', 'lead', 'case'],
    value='stage'
) }},

stage_of_any_pipeline as (
    select
        crm,
        object_type,
        stage,
        stage_order,
        kind,
        is_milestone,
        row_number() over (
            partition by crm, object_type, stage
            order by
                case when pipeline is null then 0 else 1 end,
                is_retired,
                stage_order nulls last,
                pipeline
        ) as place
    from {{ ref('stg_crm__stages') }}
),

with_stage as (
    select
        final.record_sk,
        records.record_key,
        records.crm,
        records.object_type,
        records.record_id,
        records.pipeline,
        records.segment,
        records.is_live,
        final.period_number,
        final.stage,
        coalesce(stages.stage_order, any_pipeline.stage_order) as stage_order,
        coalesce(stages.kind, any_pipeline.kind) as stage_kind,
        coalesce(stages.is_milestone, any_pipeline.is_milestone, false) as is_milestone,
        final.started_at,
        final.ended_at,
        final.is_current,
        final.starts_before_creation,
        final.started_by_change_id,
        coalesce(final.ended_at, {{ as_of() }}) as ends_at
    from final
    inner join {{ ref('int_crm__records') }} as records on final.record_sk = records.record_sk
    left join {{ ref('stg_crm__stages') }} as stages
        on
            records.crm = stages.crm
            and records.object_type = stages.object_type
            and final.stage = stages.stage
            and coalesce(records.pipeline, '') = coalesce(stages.pipeline, '')
    left join stage_of_any_pipeline as any_pipeline
        on
            records.crm = any_pipeline.crm
            and records.object_type = any_pipeline.object_type
            and final.stage = any_pipeline.stage
            and any_pipeline.place = 1
)

select
    *,
    coalesce(stage_kind in ('won', 'lost'), false) as is_terminal,
    case
        when coalesce(stage_kind, 'open') = 'open'
            then {{ dbt.datediff('started_at', 'ends_at', 'second') }}
    end as dwell_seconds
from with_stage
