{%- set signals = [
    'stage_dwell_anomaly', 'multi_stage_jump', 'owner_ping_pong', 'late_edit', 'sla_rush_update',
] -%}
-- Every day's numerators and denominators without a row per record and day: what puts a record in
-- the window lasts from one day to another; where a record's stretches overlap they are cut, and
-- each adds one on its first day and takes it away after its last. Day 0 is as_of, -1 a day before.
with policy as (
    select
        cast({{ threshold('rate_window_days') }} as integer) as window_days,
        cast({{ threshold('rate_baseline_days') }} as integer) as baseline_days,
        cast({{ threshold('rate_history_days') }} as integer) as history_days
),

spans as (
    select
        spans.record_sk,
        spans.opened_at,
        spans.closed_at,
        milestones.first_milestone_at
    from {{ ref('int_history__open_spans') }} as spans
    left join {{ ref('int_history__milestones') }} as milestones
        on spans.record_sk = milestones.record_sk
),

late_edits as (
    select
        record_sk,
        {{ seconds_before_as_of('occurred_at') }} as age
    from {{ ref('int_signals__late_edit') }}
),

anomalies as (
    select
        record_sk,
        variant,
        {{ seconds_before_as_of('occurred_at') }} as age,
        -- From the first microsecond after the limit: reaching it is not yet stuck.
        case
            when stuck_from_at is not null
                then {{ seconds_before_as_of('started_at') }} - long_seconds - 0.000001
        end as stuck_age,
        {{ seconds_before_as_of('ended_at') }} as end_age
    from {{ ref('int_signals__stage_dwell_anomaly') }}
),

clocks as (
    select
        records.record_sk,
        clocks.sla_clock_key,
        clocks.due_at,
        row_number() over (order by clocks.sla_clock_key) as clock_sk
    from {{ ref('stg_crm__sla_clocks') }} as clocks
    inner join {{ ref('int_crm__records') }} as records on clocks.record_key = records.record_key
    where clocks.due_at <= {{ as_of() }}
),

-- What lasts from one age to another (NULL: goes on) counts while any of it is in the window, or
-- only while it lasts (is_state).
stretches as (
    {%- for signal in ['multi_stage_jump', 'owner_ping_pong'] %}
        select
            {{ signals.index(signal) }} as signal_number,
            record_sk,
            record_sk as unit_sk,
            false as is_evidence,
            false as is_state,
            {{ seconds_before_as_of('opened_at') }} as from_age,
            {{ seconds_before_as_of('closed_at') }} as to_age
        from spans

        union all
    {% endfor %}
    select
        {{ signals.index('late_edit') }} as signal_number,
        record_sk,
        record_sk as unit_sk,
        false as is_evidence,
        false as is_state,
        {{ seconds_before_as_of('greatest(opened_at, first_milestone_at)') }} as from_age,
        {{ seconds_before_as_of('closed_at') }} as to_age
    from spans
    where first_milestone_at is not null

    union all

    -- A change of the field exposes its record also where the record is closed.
    select
        {{ signals.index('multi_stage_jump') }} as signal_number,
        record_sk,
        record_sk as unit_sk,
        false as is_evidence,
        false as is_state,
        {{ seconds_before_as_of('changed_at') }} as from_age,
        {{ seconds_before_as_of('changed_at') }} as to_age
    from {{ ref('int_history__stage_changes') }}

    union all

    select
        {{ signals.index('owner_ping_pong') }} as signal_number,
        changes.record_sk,
        changes.record_sk as unit_sk,
        false as is_evidence,
        false as is_state,
        {{ seconds_before_as_of('changes.changed_at') }} as from_age,
        {{ seconds_before_as_of('changes.changed_at') }} as to_age
    from {{ ref('stg_crm__field_changes') }} as changes
    where not changes.is_orphan and changes.field = 'owner_id'

    union all

    {% for signal in ['multi_stage_jump', 'owner_ping_pong'] %}
        select
            {{ signals.index(signal) }} as signal_number,
            record_sk,
            record_sk as unit_sk,
            true as is_evidence,
            false as is_state,
            {{ seconds_before_as_of('occurred_at') }} as from_age,
            {{ seconds_before_as_of('occurred_at') }} as to_age
        from {{ ref('int_signals__' ~ signal) }}

        union all

    {% endfor %}
    {%- for is_evidence in ['true', 'false'] %}
        select
            {{ signals.index('late_edit') }} as signal_number,
            record_sk,
            record_sk as unit_sk,
            {{ is_evidence }} as is_evidence,
            false as is_state,
            age as from_age,
            age as to_age
        from late_edits

        union all

    {% endfor %}
    -- A stay in an open stage, until it is completed and for as long as that is in the window.
    select
        {{ signals.index('stage_dwell_anomaly') }} as signal_number,
        periods.record_sk,
        periods.record_sk as unit_sk,
        false as is_evidence,
        periods.ended_at is null as is_state,
        {{ seconds_before_as_of('periods.started_at') }} as from_age,
        case
            when periods.ended_at is null and not periods.is_live
                then {{ seconds_before_as_of('coalesce(records.deleted_at, periods.started_at)') }}
            else {{ seconds_before_as_of('periods.ended_at') }}
        end as to_age
    from {{ ref('int_history__stage_periods') }} as periods
    inner join {{ ref('int_crm__records') }} as records on periods.record_sk = records.record_sk
    where not periods.is_terminal

    union all

    select
        {{ signals.index('stage_dwell_anomaly') }} as signal_number,
        record_sk,
        record_sk as unit_sk,
        true as is_evidence,
        false as is_state,
        age as from_age,
        age as to_age
    from anomalies
    where variant in ('too_short', 'too_long')

    union all

    select
        {{ signals.index('stage_dwell_anomaly') }} as signal_number,
        record_sk,
        record_sk as unit_sk,
        true as is_evidence,
        true as is_state,
        stuck_age as from_age,
        end_age as to_age
    from anomalies
    where stuck_age is not null

    union all

    select
        {{ signals.index('sla_rush_update') }} as signal_number,
        record_sk,
        clock_sk as unit_sk,
        false as is_evidence,
        false as is_state,
        {{ seconds_before_as_of('due_at') }} as from_age,
        {{ seconds_before_as_of('due_at') }} as to_age
    from clocks

    union all

    select distinct
        {{ signals.index('sla_rush_update') }} as signal_number,
        clocks.record_sk,
        clocks.clock_sk as unit_sk,
        true as is_evidence,
        false as is_state,
        {{ seconds_before_as_of('clocks.due_at') }} as from_age,
        {{ seconds_before_as_of('clocks.due_at') }} as to_age
    from clocks
    inner join {{ ref('int_signals__sla_rush_update') }} as rushes
        on clocks.sla_clock_key = rushes.part
),

-- The baseline's window ends where the rate's begins.
measures as (
    select
        false as is_baseline,
        0 as shift_days,
        window_days,
        history_days
    from policy

    union all

    select
        true as is_baseline,
        window_days as shift_days,
        baseline_days as window_days,
        history_days
    from policy
),

-- A record is in the window (D, n) of day D while D - n days < t <= D.
dated as (
    select
        stretches.signal_number,
        stretches.record_sk,
        stretches.unit_sk,
        stretches.is_evidence,
        measures.is_baseline,
        measures.history_days,
        cast(
            greatest(
                measures.shift_days - floor(stretches.from_age / 86400), -measures.history_days
            ) as integer
        ) as first_day,
        cast(
            coalesce(
                least(
                    measures.shift_days - floor(stretches.to_age / 86400) - 1
                    + case when stretches.is_state then 0 else measures.window_days end,
                    0
                ),
                0
            ) as integer
        ) as last_day
    from stretches
    cross join measures
),

placed as (
    select
        signal_number,
        record_sk,
        unit_sk,
        is_evidence,
        is_baseline,
        first_day,
        last_day
    from dated
    where first_day <= 0 and last_day >= -history_days and first_day <= last_day
),

cut as (
    select
        signal_number,
        record_sk,
        is_evidence,
        is_baseline,
        last_day,
        greatest(
            first_day,
            coalesce(
                max(last_day) over (
                    partition by signal_number, is_evidence, is_baseline, unit_sk
                    order by first_day, last_day
                    rows between unbounded preceding and 1 preceding
                ) + 1,
                first_day
            )
        ) as first_day
    from placed
),

counted as (
    select
        cut.signal_number,
        cut.is_evidence,
        cut.is_baseline,
        records.crm,
        records.object_type,
        records.segment,
        cut.first_day,
        cut.last_day,
        count(*) as n_records
    from cut
    inner join {{ ref('int_crm__records') }} as records on cut.record_sk = records.record_sk
    where cut.first_day <= cut.last_day
    group by
        cut.signal_number,
        cut.is_evidence,
        cut.is_baseline,
        records.crm,
        records.object_type,
        records.segment,
        cut.first_day,
        cut.last_day
),

-- One row per day on which a count moves.
moves as (
    select
        signal_number,
        is_evidence,
        is_baseline,
        crm,
        object_type,
        segment,
        first_day as day_number,
        n_records
    from counted

    union all

    select
        signal_number,
        is_evidence,
        is_baseline,
        crm,
        object_type,
        segment,
        last_day + 1 as day_number,
        -n_records as n_records
    from counted
),

final as (
    select
        case signal_number
            {%- for signal in signals %}
                when {{ loop.index0 }} then '{{ signal }}'
            {%- endfor %}
        end as signal,
        crm,
        object_type,
        segment,
        day_number,
        sum(case when is_evidence and not is_baseline then n_records else 0 end) as numerator_move,
        sum(case when not is_evidence and not is_baseline then n_records else 0 end)
            as denominator_move,
        sum(case when is_evidence and is_baseline then n_records else 0 end)
            as baseline_numerator_move,
        sum(case when not is_evidence and is_baseline then n_records else 0 end)
            as baseline_denominator_move
    from moves
    group by signal_number, crm, object_type, segment, day_number
)

select * from final
