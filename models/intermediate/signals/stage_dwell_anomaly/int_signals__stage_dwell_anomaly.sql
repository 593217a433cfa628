-- One row per stay in an open stage that is out of the usual.
{% set text = dbt.type_string() %}

with limits as (
    select * from {{ ref('int_signals__dwell_limits') }}
),

records as (
    select
        record_sk,
        deleted_at
    from {{ ref('int_crm__records') }}
),

stage_periods as (
    select * from {{ ref('int_history__stage_periods') }}
),

periods as (
    select
        periods.record_sk,
        periods.crm,
        periods.object_type,
        periods.pipeline,
        periods.stage,
        periods.segment,
        periods.period_number,
        periods.started_at,
        periods.ended_at,
        case
            when periods.is_current and not periods.is_live
                then coalesce(records.deleted_at, periods.started_at)
        end as deleted_at,
        periods.dwell_seconds
    from stage_periods as periods
    inner join records on periods.record_sk = records.record_sk
    where not periods.is_terminal
),

judged as (
    select
        periods.*,
        case when segment_limits.n_periods is null then 'stage' else 'segment' end as basis,
        coalesce(segment_limits.short_seconds, stage_limits.short_seconds) as short_seconds,
        coalesce(segment_limits.long_seconds, stage_limits.long_seconds) as long_seconds
    from periods
    inner join limits as stage_limits
        on
            stage_limits.is_all_segments
            and stage_limits.basis = 'stage'
            and periods.crm = stage_limits.crm
            and periods.object_type = stage_limits.object_type
            and (periods.pipeline is not distinct from stage_limits.pipeline)
            and (periods.stage is not distinct from stage_limits.stage)
    left join limits as segment_limits
        on
            not segment_limits.is_all_segments
            and segment_limits.basis = 'segment'
            and periods.crm = segment_limits.crm
            and periods.object_type = segment_limits.object_type
            and (periods.pipeline is not distinct from segment_limits.pipeline)
            and (periods.stage is not distinct from segment_limits.stage)
            and (periods.segment is not distinct from segment_limits.segment)
),

-- A completed stay longer than the limit was stuck before it ended, and so was an open one of a
-- record that was deleted since: the daily rates need that (stuck_from_at), the evidence does not.
anomalies as (
    select
        *,
        case
            when deleted_at is not null then 'stuck until deleted'
            when ended_at is null then 'stuck'
            when dwell_seconds > long_seconds then 'too_long'
            else 'too_short'
        end as variant,
        case
            when dwell_seconds > long_seconds
                then {{ later('started_at', 1, 'floor(long_seconds)') }}
        end as stuck_from_at
    from judged
    where dwell_seconds > long_seconds or (ended_at is not null and dwell_seconds < short_seconds)
),

final as (
    select
        record_sk,
        case when object_type = 'opportunity' then 'stage' else 'status' end as field,
        -- The change that ended the period; of a stuck one, the change that started it.
        nullif(
            case when ended_at is null then period_number - 1 else period_number end, 0
        ) as change_number,
        coalesce(ended_at, stuck_from_at) as occurred_at,
        variant,
        cast(period_number as {{ text }}) as part,
        coalesce(stage, 'no stage') || ': '
        || {{ duration_text('dwell_seconds') }}
        || case
            when variant = 'too_short' then ', usual is at least '
            else ', usual is at most '
        end
        || case
            when variant = 'too_short' then {{ duration_text('short_seconds') }}
            else {{ duration_text('long_seconds') }}
        end
        || ' (' || basis || ')' as detail,
        started_at,
        coalesce(ended_at, deleted_at) as ended_at,
        stage,
        dwell_seconds,
        case when variant = 'too_short' then short_seconds else long_seconds end
            as usual_seconds,
        long_seconds,
        stuck_from_at,
        variant <> 'stuck until deleted' as is_evidence
    from anomalies
    where deleted_at is null or deleted_at > stuck_from_at
)

select * from final
