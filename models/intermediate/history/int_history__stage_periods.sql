-- One row per record and stage (or status) in turn: from when to when it was there, and what it
-- means.
with records as {{ inlined() }} (
    select * from {{ ref('int_crm__records') }}
),

field_changes as (
    select * from {{ ref('stg_crm__field_changes') }}
),

stages as (
    select * from {{ ref('int_crm__stage_map') }}
),

{{ history_periods(
    changes_filter="(
        (object_type = 'opportunity' and field = 'stage')
        or (object_type in ('lead', 'case') and field = 'status')
    )",
    current_value='stage',
    object_types=['opportunity', 'lead', 'case'],
    value='stage'
) }},

with_stage as (
    select
        periods.record_sk,
        records.record_key,
        records.crm,
        records.object_type,
        records.record_id,
        records.pipeline,
        records.segment,
        records.is_live,
        periods.period_number,
        periods.stage,
        stages.stage_order,
        stages.kind as stage_kind,
        coalesce(
            stages.kind in ('won', 'lost')
            -- CRMs say that a case is closed, not which of its statuses mean it; of a closed deal
            -- the history may have stopped before.
            or (
                periods.is_current
                and (records.is_closed_case or records.stage_kind in ('won', 'lost'))
            ),
            false
        ) as is_terminal,
        coalesce(stages.is_milestone, false) as is_milestone,
        periods.started_at,
        periods.ended_at,
        periods.is_current,
        periods.starts_before_creation,
        periods.started_by_change_id,
        periods.is_by_record,
        periods.is_ended_by_record,
        -- It was there before the record's earliest known instant.
        periods.started_by_change_id is null
        and not coalesce(records.has_creation_date, true) as is_start_unknown,
        coalesce(periods.ended_at, {{ as_of() }}) as ends_at
    from periods
    inner join records on periods.record_sk = records.record_sk
    left join stages
        on
            records.crm = stages.crm
            and records.object_type = stages.object_type
            and coalesce(records.pipeline, '') = stages.pipeline
            and periods.stage = stages.stage
),

final as (
    select
        *,
        -- When the record left a stage that its history does not tell is not known, nor how long it
        -- was where it was before any instant is known; where it still is, it was at least since.
        case
            when is_terminal or is_ended_by_record then null
            when not is_start_unknown or ended_at is null
                then {{ seconds_between('started_at', 'ends_at') }}
        end as dwell_seconds
    from with_stage
    -- Some histories log the stage at creation as a change from none.
    where
        stage is not null
        or period_number > 1
        or ended_at is null
        or ended_at > {{ later('started_at', 1, threshold('first_value_seconds')) }}
)

select * from final
