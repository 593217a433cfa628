{%- set text = dbt.type_string() -%}
{%- set bigint = dbt.type_bigint() -%}
{%- set double = type_double() -%}
{%- set can_delete = target.type in ('duckdb', 'postgres', 'redshift', 'snowflake') -%}
{%- set digits = [] -%}
{%- for digit in range(10) -%}{%- do digits.append([digit | string]) -%}{%- endfor -%}
{%- set crms = [] -%}
{%- for crm in crm_sources() -%}{%- do crms.append(["'" ~ crm ~ "'"]) -%}{%- endfor -%}
{%- set objects = [] -%}
{%- for object in ['account', 'contact', 'lead', 'opportunity', 'case'] -%}
    {%- do objects.append(["'" ~ object ~ "'"]) -%}
{%- endfor -%}
{#- What must be landed for each signal; of a group one input is enough. -#}
{%- set stage_history = ['history:stage', 'history:status'] -%}
{%- set needs = {
    'stage_dwell_anomaly': [stage_history],
    'stage_dwell_shift': [stage_history],
    'multi_stage_jump': [stage_history],
    'owner_ping_pong': [['history:owner_id']],
    'late_edit': [stage_history, ['milestones']],
    'commit_close_date_churn': [['history:stage'], ['milestones'], ['history:close_date']],
    'sla_rush_update': [['history'], ['sla_clocks']],
} -%}
{%- set watched = [
    'stage_dwell_anomaly', 'stage_dwell_shift', 'multi_stage_jump', 'owner_ping_pong', 'late_edit',
    'commit_close_date_churn',
] -%}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert' if can_delete else 'insert_overwrite',
    unique_key='signal_date' if can_delete else none,
    partition_by=(
        {'field': 'signal_date', 'data_type': 'date'} if target.type == 'bigquery'
        else none if can_delete else ['signal_date']
    ),
    on_schema_change='append_new_columns'
) }}
-- Every run writes the days that it shows anew; older days stay.
with policy as (
    select
        cast({{ threshold('rate_window_days') }} as integer) as window_days,
        cast({{ threshold('rate_baseline_days') }} as integer) as baseline_days,
        cast({{ threshold('rate_history_days') }} as integer) as history_days,
        cast({{ threshold('minimum_sample') }} as {{ bigint }}) as minimum_sample,
        {{ threshold('sla_rush_update__watch') }} as rush_watch,
        {{ threshold('sla_rush_update__alert') }} as rush_alert
),

limits as (
    {%- for signal in watched %}
        select
            '{{ signal }}' as signal,
            cast({{ threshold(signal ~ '__watch') }} as {{ double }}) as watch_at,
            cast({{ threshold(signal ~ '__alert') }} as {{ double }}) as alert_at
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

digits as (
    select digit from {{ literal_rows(['digit'], digits) }}
),

days as (
    select
        -(hundreds.digit * 100 + tens.digit * 10 + ones.digit) as day_number,
        cast(
            {{ later(
                as_of(), -86400, '(hundreds.digit * 100 + tens.digit * 10 + ones.digit)'
            ) }} as date
        ) as signal_date,
        {{ later(
            as_of(), -86400, '(hundreds.digit * 100 + tens.digit * 10 + ones.digit)'
        ) }} as day_at
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    cross join policy
    where hundreds.digit * 100 + tens.digit * 10 + ones.digit <= policy.history_days
),

inputs as (
    select
        crm,
        object_type,
        input
    from {{ ref('int_crm__inputs') }}
),

computable as (
    {{ where_landed('signal', needs, 'inputs') }}
),

crms as (
    select crm from {{ literal_rows(['crm'], crms) }}
),

objects as (
    select object_type from {{ literal_rows(['object_type'], objects) }}
),

-- Opportunities are always spoken of, other objects where any record of them is landed.
applicable as (
    select
        rules.rule_id as signal,
        crms.crm,
        objects.object_type,
        computable.signal is not null as is_computable,
        max(case when computable.signal is not null then 1 else 0 end) over (
            partition by rules.rule_id, crms.crm
        ) as is_anywhere
    from {{ ref('rules') }} as rules
    cross join crms
    cross join objects
    left join inputs
        on
            crms.crm = inputs.crm
            and objects.object_type = inputs.object_type
            and inputs.input = 'records'
    left join computable
        on
            rules.rule_id = computable.signal
            and crms.crm = computable.crm
            and objects.object_type = computable.object_type
    where
        rules.kind = 'signal'
        and ' ' || rules.object_types || ' ' like '% ' || objects.object_type || ' %'
        and (objects.object_type = 'opportunity' or inputs.crm is not null)
),

-- Not every object has clocks or milestones: that those of no object are landed is worth a word.
populations as (
    select
        signal,
        crm,
        object_type,
        is_computable
    from applicable
    where
        is_computable
        or is_anywhere = 0
        or signal not in ('late_edit', 'sla_rush_update')
),

record_moves as (
    select
        signal,
        crm,
        object_type,
        segment,
        day_number,
        numerator_move,
        denominator_move,
        baseline_numerator_move,
        baseline_denominator_move
    from {{ ref('int_signals__daily_moves') }}

    union all

    select
        signal,
        crm,
        object_type,
        'all' as segment,
        day_number,
        sum(numerator_move) as numerator_move,
        sum(denominator_move) as denominator_move,
        sum(baseline_numerator_move) as baseline_numerator_move,
        sum(baseline_denominator_move) as baseline_denominator_move
    from {{ ref('int_signals__daily_moves') }}
    group by signal, crm, object_type, day_number
),

record_segments as (
    select distinct
        signal,
        crm,
        object_type,
        segment
    from record_moves
),

record_counts as (
    select
        segments.signal,
        segments.crm,
        segments.object_type,
        segments.segment,
        days.signal_date,
        sum(coalesce(moves.numerator_move, 0)) over (
            partition by segments.signal, segments.crm, segments.object_type, segments.segment
            order by days.day_number
        ) as numerator,
        sum(coalesce(moves.denominator_move, 0)) over (
            partition by segments.signal, segments.crm, segments.object_type, segments.segment
            order by days.day_number
        ) as denominator,
        sum(coalesce(moves.baseline_numerator_move, 0)) over (
            partition by segments.signal, segments.crm, segments.object_type, segments.segment
            order by days.day_number
        ) as baseline_numerator,
        sum(coalesce(moves.baseline_denominator_move, 0)) over (
            partition by segments.signal, segments.crm, segments.object_type, segments.segment
            order by days.day_number
        ) as baseline_denominator
    from record_segments as segments
    cross join days
    left join record_moves as moves
        on
            segments.signal = moves.signal
            and segments.crm = moves.crm
            and segments.object_type = moves.object_type
            and (segments.segment is not distinct from moves.segment)
            and days.day_number = moves.day_number
),

-- Stages are counted here, one for each segment that it is judged in.
weeks as (
    select
        crm,
        object_type,
        segment,
        dense_rank() over (
            order by
                crm, object_type, pipeline nulls first, stage nulls first, segment nulls first
        ) as stage_sk,
        week_ended_at,
        is_shift
    from {{ ref('int_signals__stage_dwell_weeks') }}
    where is_judged
),

shifts as (
    select
        weeks.crm,
        weeks.object_type,
        weeks.segment,
        weeks.stage_sk,
        days.signal_date,
        weeks.is_shift,
        weeks.week_ended_at <= {{ later('days.day_at', -86400, 'policy.window_days') }}
            as is_baseline
    from weeks
    cross join policy
    inner join days
        on
            weeks.week_ended_at <= days.day_at
            and weeks.week_ended_at > {{ later(
                'days.day_at', -86400, '(policy.window_days + policy.baseline_days)'
            ) }}
),

shift_counts as (
    {%- for segment in ['segment', "'all'"] %}
        select
            'stage_dwell_shift' as signal,
            crm,
            object_type,
            {{ segment }} as segment,
            signal_date,
            count(distinct case when is_shift and not is_baseline then stage_sk end) as numerator,
            count(distinct case when not is_baseline then stage_sk end) as denominator,
            count(distinct case when is_shift and is_baseline then stage_sk end)
                as baseline_numerator,
            count(distinct case when is_baseline then stage_sk end) as baseline_denominator
        from shifts
        group by crm, object_type, {{ "segment, " if segment == 'segment' }}signal_date
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

commit_periods as (
    select
        crm,
        object_type,
        segment,
        period_end_date,
        numerator,
        denominator
    from {{ ref('int_signals__commit_periods') }}

    union all

    select
        crm,
        object_type,
        'all' as segment,
        period_end_date,
        sum(numerator) as numerator,
        sum(denominator) as denominator
    from {{ ref('int_signals__commit_periods') }}
    group by crm, object_type, period_end_date
),

commit_counts as (
    select
        'commit_close_date_churn' as signal,
        periods.crm,
        periods.object_type,
        periods.segment,
        periods.period_end_date as signal_date,
        max(periods.numerator) as numerator,
        max(periods.denominator) as denominator,
        sum(coalesce(earlier.numerator, 0)) as baseline_numerator,
        sum(coalesce(earlier.denominator, 0)) as baseline_denominator
    from commit_periods as periods
    cross join policy
    left join commit_periods as earlier
        on
            periods.crm = earlier.crm
            and periods.object_type = earlier.object_type
            and (periods.segment is not distinct from earlier.segment)
            and periods.period_end_date > earlier.period_end_date
            and {{ dbt.datediff('earlier.period_end_date', 'periods.period_end_date', 'day') }}
            <= policy.baseline_days
    group by periods.crm, periods.object_type, periods.segment, periods.period_end_date
),

counts as (
    select * from record_counts

    union all

    select * from shift_counts

    union all

    select commit_counts.*
    from commit_counts
    inner join days on commit_counts.signal_date = days.signal_date
),

-- Each population on each day, also where nothing was exposed; commit churn at period ends only.
grid as (
    select
        populations.signal,
        populations.crm,
        populations.object_type,
        populations.is_computable,
        days.signal_date
    from populations
    cross join days
    where populations.signal <> 'commit_close_date_churn'

    union all

    select
        populations.signal,
        populations.crm,
        populations.object_type,
        populations.is_computable,
        days.signal_date
    from populations
    inner join days
        on {{ is_period_end('days.signal_date') }}
    where populations.signal = 'commit_close_date_churn'
),

segments as (
    select distinct
        signal,
        crm,
        object_type,
        segment
    from counts
    where segment is distinct from 'all'

    union

    select
        signal,
        crm,
        object_type,
        'all' as segment
    from populations
),

measured as (
    select
        grid.signal,
        grid.crm,
        grid.object_type,
        segments.segment,
        grid.signal_date,
        grid.is_computable,
        case when grid.is_computable then coalesce(counts.numerator, 0) end as numerator,
        case when grid.is_computable then coalesce(counts.denominator, 0) end as denominator,
        case when grid.is_computable then coalesce(counts.baseline_numerator, 0) end
            as baseline_numerator,
        case when grid.is_computable then coalesce(counts.baseline_denominator, 0) end
            as baseline_denominator
    from grid
    inner join segments
        on
            grid.signal = segments.signal
            and grid.crm = segments.crm
            and grid.object_type = segments.object_type
            and (grid.is_computable or segments.segment = 'all')
    left join counts
        on
            segments.signal = counts.signal
            and segments.crm = counts.crm
            and segments.object_type = counts.object_type
            and (segments.segment is not distinct from counts.segment)
            and grid.signal_date = counts.signal_date
),

rated as (
    select
        *,
        cast(numerator as {{ double }}) / nullif(denominator, 0) as rate,
        cast(baseline_numerator as {{ double }}) / nullif(baseline_denominator, 0)
            as baseline_rate
    from measured
),

-- Rush is compared in whole numbers: exactly a quarter more than usual is not more than that.
limited as (
    select
        rated.*,
        policy.minimum_sample,
        policy.rush_watch,
        policy.rush_alert,
        rated.numerator * rated.baseline_denominator as rush,
        rated.denominator * rated.baseline_numerator as usual_rush,
        case
            when rated.signal <> 'sla_rush_update' then limits.watch_at
            when rated.baseline_denominator >= policy.minimum_sample
                then rated.baseline_rate * (1 + policy.rush_watch)
        end as watch_at,
        case
            when rated.signal <> 'sla_rush_update' then limits.alert_at
            when rated.baseline_denominator >= policy.minimum_sample
                then rated.baseline_rate * (1 + policy.rush_alert)
        end as alert_at
    from rated
    cross join policy
    left join limits on rated.signal = limits.signal
),

final as (
    select
        cast(crm as {{ text }}) as crm,
        cast(signal as {{ text }}) as signal,
        cast(object_type as {{ text }}) as object_type,
        cast(segment as {{ text }}) as segment,
        signal_date,
        cast(numerator as {{ bigint }}) as numerator,
        cast(denominator as {{ bigint }}) as denominator,
        cast(rate as decimal(9, 6)) as rate,
        cast(baseline_rate as decimal(9, 6)) as baseline_rate,
        cast(watch_at as decimal(9, 6)) as watch_at,
        cast(alert_at as decimal(9, 6)) as alert_at,
        cast(
            case
                when not is_computable then 'not_landed'
                when denominator < minimum_sample or alert_at is null then 'insufficient_data'
                when signal = 'sla_rush_update' and rush > usual_rush * (1 + rush_alert)
                    then 'alert'
                when signal <> 'sla_rush_update' and rate > alert_at then 'alert'
                when signal = 'sla_rush_update' and rush > usual_rush * (1 + rush_watch)
                    then 'watch'
                when signal <> 'sla_rush_update' and rate > watch_at then 'watch'
                else 'ok'
            end as {{ text }}
        ) as status,
        {{ as_of() }} as as_of
    from limited
)

select * from final
