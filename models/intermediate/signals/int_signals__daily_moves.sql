-- One row per signal, CRM, object type, segment and day on which a count moves: summed up to a day
-- they give the signal's numerator and denominator, and those of its baseline.
{% set counts = ['numerator', 'denominator', 'baseline_numerator', 'baseline_denominator'] %}

with rules as (
    select
        rule_id as signal,
        rated_each
    from {{ ref('rules') }}
    where kind = 'signal'
),

records as (
    select
        record_sk,
        crm,
        object_type,
        segment
    from {{ ref('int_crm__records') }}
),

policy as (
    select
        cast({{ threshold('rate_window_days') }} as integer) as window_days,
        cast({{ threshold('rate_baseline_days') }} as integer) as baseline_days,
        cast({{ threshold('rate_history_days') }} as integer) as history_days
),

exposures as (
    {%- for signal in signals() %}
        select
            {{ loop.index }} as signal_number,
            record_sk,
            unit_sk,
            from_age,
            until_age,
            is_state,
            has_evidence
        from {{ ref('int_signals__' ~ signal ~ '_exposure') }}
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

signals as (
    {%- for signal in signals() %}
        select
            {{ loop.index }} as signal_number,
            '{{ signal }}' as signal
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

-- What is judged as a period ends is of that day alone.
rated as (
    select
        signals.signal_number,
        signals.signal,
        case when rules.rated_each = 'period' then 1 else policy.window_days end as window_days,
        policy.baseline_days,
        policy.history_days
    from signals
    inner join rules on signals.signal = rules.signal
    cross join policy
),

-- What is exposed is in the denominator, what has evidence in the numerator too.
counts as (
    {%- for count in counts %}
        select
            {{ loop.index0 }} as count_number,
            '{{ count }}' as count_name,
            {{ 'true' if 'numerator' in count else 'false' }} as is_numerator,
            {{ 'true' if 'baseline' in count else 'false' }} as is_baseline
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

-- The baseline's window ends where the rate's begins.
measures as (
    select
        rated.signal_number,
        rated.signal_number * 4 + counts.count_number as measure_number,
        rated.signal,
        counts.count_name,
        counts.is_numerator,
        case when counts.is_baseline then rated.window_days else 0 end as shift_days,
        case when counts.is_baseline then rated.baseline_days else rated.window_days end as n_days,
        rated.history_days
    from rated
    cross join counts
),

-- Day 0 is as_of, -1 a day before. What is exposed at t is in the window (D, n) of day D while
-- D - n days < t <= D: it counts from one day to another, without a row per day.
dated as (
    select
        measures.measure_number,
        exposures.record_sk,
        exposures.unit_sk,
        measures.history_days,
        cast(
            greatest(
                measures.shift_days - floor(exposures.from_age / 86400), -measures.history_days
            ) as integer
        ) as first_day,
        cast(
            coalesce(
                least(
                    measures.shift_days - floor(exposures.until_age / 86400) - 1
                    + case when exposures.is_state then 0 else measures.n_days end,
                    0
                ),
                0
            ) as integer
        ) as last_day
    from exposures
    inner join measures
        on
            exposures.signal_number = measures.signal_number
            and (exposures.has_evidence or not measures.is_numerator)
),

placed as (
    select
        measure_number,
        record_sk,
        unit_sk,
        first_day,
        last_day
    from dated
    where first_day <= 0 and last_day >= -history_days and first_day <= last_day
),

-- A unit counts once: where its stretches overlap they are cut.
cut as (
    select
        measure_number,
        record_sk,
        last_day,
        greatest(
            first_day,
            coalesce(
                max(last_day) over (
                    partition by measure_number, unit_sk
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
        cut.measure_number,
        records.crm,
        records.object_type,
        records.segment,
        cut.first_day,
        cut.last_day,
        count(*) as n_units
    from cut
    inner join records on cut.record_sk = records.record_sk
    where cut.first_day <= cut.last_day
    group by
        cut.measure_number,
        records.crm,
        records.object_type,
        records.segment,
        cut.first_day,
        cut.last_day
),

-- Each stretch adds one on its first day and takes it away after its last.
moves as (
    select
        measure_number,
        crm,
        object_type,
        segment,
        first_day as day_number,
        n_units
    from counted

    union all

    select
        measure_number,
        crm,
        object_type,
        segment,
        last_day + 1 as day_number,
        -n_units as n_units
    from counted
),

final as (
    select
        measures.signal,
        moves.crm,
        moves.object_type,
        moves.segment,
        moves.day_number,
        {%- for count in counts %}
            sum(case when measures.count_name = '{{ count }}' then moves.n_units else 0 end)
                as {{ count }}_move{% if not loop.last %},{% endif %}
        {%- endfor %}
    from moves
    inner join measures on moves.measure_number = measures.measure_number
    group by
        measures.signal, moves.crm, moves.object_type, moves.segment, moves.day_number
)

select * from final
