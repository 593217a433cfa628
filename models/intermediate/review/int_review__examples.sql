-- One row per signal and live record to look at: what it did in the window of the signal's last
-- day, and what is stuck, however long. What is farthest outside of the usual speaks for the
-- record.
{%- set type = dbt.type_timestamp() -%}
{%- set day_end = 'cast(' ~ dbt.dateadd('day', 1, 'signal_date') ~ ' as ' ~ type ~ ')' %}
with rates as (
    select * from {{ ref('int_signals__daily_rates') }}
),

occurrences as (
    select * from {{ ref('int_root_cause__occurrences') }}
),

dwell_anomalies as (
    select
        'stage_dwell_anomaly' as signal,
        record_sk,
        part,
        stage,
        dwell_seconds,
        usual_seconds
    from {{ ref('int_signals__stage_dwell_anomaly') }}
),

dwell_limits as (
    select * from {{ ref('int_signals__dwell_limits') }}
),

dwell_weeks as (
    select * from {{ ref('int_signals__stage_dwell_weeks') }}
),

stage_periods as (
    select * from {{ ref('int_history__stage_periods') }}
),

open_spans as (
    select * from {{ ref('int_history__open_spans') }}
),

records as (
    select * from {{ ref('int_crm__records') }}
),

users as (
    select * from {{ ref('stg_crm__users') }}
),

windows as (
    select
        signal,
        crm,
        object_type,
        {{ later(
            'least(' ~ as_of() ~ ', ' ~ day_end ~ ')', -86400, threshold('rate_window_days')
        ) }} as window_start
    from rates
    where is_last_day and segment = 'all' and status <> 'not_landed'
),

found as (
    select
        occurrences.rule_id as signal,
        occurrences.record_sk,
        occurrences.occurrence_id as example_id,
        occurrences.occurred_at,
        occurrences.detail,
        coalesce(occurrences.variant = 'stuck', false) as is_stuck,
        -- Who once moved it there does not let it lie there.
        case
            when coalesce(occurrences.variant, '') <> 'stuck' then occurrences.changed_by
        end as actor_id,
        coalesce(occurrences.variant, '') <> 'stuck'
        and coalesce({{ is_by_machine('occurrences') }}, false) as is_by_machine,
        dwell_anomalies.stage,
        dwell_anomalies.dwell_seconds,
        dwell_anomalies.usual_seconds
    from occurrences
    inner join windows
        on
            occurrences.rule_id = windows.signal
            and occurrences.crm = windows.crm
            and occurrences.object_type = windows.object_type
    left join dwell_anomalies
        on
            occurrences.record_sk = dwell_anomalies.record_sk
            and occurrences.part = dwell_anomalies.part
            and occurrences.rule_id = dwell_anomalies.signal
    where
        occurrences.kind = 'signal'
        and (
            occurrences.occurred_at > windows.window_start
            or coalesce(occurrences.variant = 'stuck', false)
        )

    union all

    -- The stays that made a stage's week longer or shorter than the one before.
    select
        windows.signal,
        periods.record_sk,
        cast(periods.period_number as {{ dbt.type_string() }}) as example_id,
        periods.ended_at as occurred_at,
        coalesce(periods.stage, 'no stage') || ': left after '
        || {{ duration_text('periods.dwell_seconds') }} || ', the median of the week before is '
        || {{ duration_text('weeks.previous_median_seconds') }} as detail,
        false as is_stuck,
        cast(null as {{ dbt.type_string() }}) as actor_id,
        false as is_by_machine,
        periods.stage,
        periods.dwell_seconds,
        weeks.previous_median_seconds as usual_seconds
    from dwell_weeks as weeks
    inner join windows
        on
            windows.signal = 'stage_dwell_shift'
            and weeks.crm = windows.crm
            and weeks.object_type = windows.object_type
            and weeks.week_ended_at > windows.window_start
    inner join stage_periods as periods
        on
            weeks.crm = periods.crm
            and weeks.object_type = periods.object_type
            and (weeks.pipeline is not distinct from periods.pipeline)
            and (weeks.stage is not distinct from periods.stage)
            and (weeks.segment is not distinct from periods.segment)
            and weeks.week_start
            = cast({{ dbt.date_trunc('week', business_time('periods.ended_at')) }} as date)
    where
        weeks.is_shift
        and not periods.is_terminal
        and (
            (
                weeks.median_seconds > weeks.previous_median_seconds
                and periods.dwell_seconds > weeks.previous_median_seconds
            )
            or (
                weeks.median_seconds < weeks.previous_median_seconds
                and periods.dwell_seconds < weeks.previous_median_seconds
            )
        )
),

placed as (
    select
        *,
        abs(dwell_seconds - usual_seconds) as outside_seconds,
        count(*) over (partition by signal, record_sk) as n_occurrences,
        max(occurred_at) over (partition by signal, record_sk) as last_occurred_at,
        row_number() over (
            partition by signal, record_sk
            order by
                case when is_stuck then 0 else 1 end,
                abs(dwell_seconds - usual_seconds) desc nulls last,
                occurred_at desc,
                example_id asc
        ) as place
    from found
),

-- Where a record stands, for what is not itself a stay.
standing as (
    select
        periods.record_sk,
        periods.dwell_seconds,
        coalesce(segment_limits.long_seconds, stage_limits.long_seconds) as usual_seconds
    from stage_periods as periods
    left join dwell_limits as stage_limits
        on
            stage_limits.is_all_segments
            and stage_limits.basis = 'stage'
            and periods.crm = stage_limits.crm
            and periods.object_type = stage_limits.object_type
            and (periods.pipeline is not distinct from stage_limits.pipeline)
            and (periods.stage is not distinct from stage_limits.stage)
    left join dwell_limits as segment_limits
        on
            not segment_limits.is_all_segments
            and segment_limits.basis = 'segment'
            and periods.crm = segment_limits.crm
            and periods.object_type = segment_limits.object_type
            and (periods.pipeline is not distinct from segment_limits.pipeline)
            and (periods.stage is not distinct from segment_limits.stage)
            and (periods.segment is not distinct from segment_limits.segment)
    where periods.is_current and not periods.is_terminal
),

open_records as (
    select record_sk
    from open_spans
    where closed_at is null
),

final as (
    select
        placed.signal,
        records.crm,
        records.object_type,
        placed.record_sk,
        records.record_key,
        records.record_id,
        records.segment,
        records.owner_id,
        owners.team,
        records.amount,
        open_records.record_sk is not null as is_open,
        case when placed.dwell_seconds is null then records.stage else placed.stage end as stage,
        coalesce(placed.dwell_seconds, standing.dwell_seconds) / 86400 as days,
        coalesce(placed.usual_seconds, standing.usual_seconds) / 86400 as usual_days,
        placed.outside_seconds / 86400 as days_outside,
        placed.detail,
        placed.n_occurrences,
        placed.last_occurred_at,
        placed.is_by_machine,
        case when not placed.is_by_machine then coalesce(placed.actor_id, records.owner_id) end
            as person_id
    from placed
    inner join records on placed.record_sk = records.record_sk
    left join standing on placed.record_sk = standing.record_sk
    left join open_records on placed.record_sk = open_records.record_sk
    left join users as owners
        on records.crm = owners.crm and records.owner_id = owners.user_id
    where placed.place = 1 and records.is_live
)

select * from final
