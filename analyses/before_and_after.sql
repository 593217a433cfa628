-- A rule's occurrences a day in the window before and after a day (00:00 UTC), such as that of a
-- fix or a new automation; of a signal also the rate of the last window that ended in each.
-- dbt show --select before_and_after --limit -1 --vars '{rule: late_edit, on_date: 2026-08-15}'
{%- set on_date = var('on_date', none) -%}
{#- The windows of a day end at the time of day of as_of. -#}
{%- set day_at = later(
    'spans.last_as_of', 86400, dbt.datediff('spans.last_as_of', 'rates.signal_date', 'day')
) %}
with policy as (
    select
        max(as_of) as last_as_of,
        {{ threshold('rate_window_days') }} as window_days
    from {{ ref('process_signals_daily') }}
),

turn as (
    select
        policy.*,
        {% if on_date -%}
            cast({{ text_literal(on_date) }} as {{ dbt.type_timestamp() }})
        {%- else -%}
            {{ later('last_as_of', -86400, 'window_days') }}
        {%- endif %} as turn_at
    from policy
),

spans as (
    select
        'before' as span,
        last_as_of,
        {{ later('turn_at', -86400, 'window_days') }} as start_at,
        turn_at as end_at
    from turn

    union all

    select
        'after' as span,
        last_as_of,
        turn_at as start_at,
        least({{ later('turn_at', 86400, 'window_days') }}, last_as_of) as end_at
    from turn
),

-- A signal's evidence and the archetype it makes are one occurrence.
occurrences as (
    select distinct
        crm,
        object_type,
        record_key,
        change_id,
        occurred_at
    from {{ ref('int_root_cause__occurrences') }}
    where rule_id = {{ text_literal(var('rule', 'multi_stage_jump')) }}
),

counted as (
    select
        occurrences.crm,
        occurrences.object_type,
        spans.span,
        count(distinct occurrences.record_key) as n_records,
        count(*) / ({{ seconds_between('spans.start_at', 'spans.end_at') }} / 86400) as per_day
    from occurrences
    inner join spans
        on occurrences.occurred_at > spans.start_at and occurrences.occurred_at <= spans.end_at
    group by
        occurrences.crm, occurrences.object_type, spans.span, spans.start_at, spans.end_at
),

rates as (
    select
        rates.crm,
        rates.object_type,
        spans.span,
        rates.rate,
        rates.status,
        row_number() over (
            partition by rates.crm, rates.object_type, spans.span order by rates.signal_date desc
        ) as place
    from {{ ref('process_signals_daily') }} as rates
    inner join spans
        on
            {{ day_at }} > spans.start_at
            and {{ day_at }} <= spans.end_at
    where
        rates.signal = {{ text_literal(var('rule', 'multi_stage_jump')) }} and rates.segment = 'all'
),

judged as (
    select
        crm,
        object_type,
        span,
        0 as n_records,
        0 as per_day,
        rate,
        status
    from rates
    where place = 1

    union all

    select
        crm,
        object_type,
        span,
        n_records,
        per_day,
        null as rate,
        null as status
    from counted
),

final as (
    select
        crm,
        object_type,
        {%- for span in ['before', 'after'] %}
            max(case when span = '{{ span }}' then n_records else 0 end) as n_records_{{ span }},
            cast(
                max(case when span = '{{ span }}' then per_day else 0 end) as decimal(18, 2)
            ) as per_day_{{ span }},
        {%- endfor %}
        {%- for span in ['before', 'after'] %}
            max(case when span = '{{ span }}' then rate end) as rate_{{ span }},
            max(case when span = '{{ span }}' then status end) as status_{{ span }}
            {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from judged
    group by crm, object_type
)

select * from final
order by crm, object_type
