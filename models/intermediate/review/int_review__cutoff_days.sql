-- One row per CRM, object type, event, part (and all) and number of days to the cutoff: how many
-- events a day, in the business periods that ended lately, against the days that are not the last.
{%- set double = type_double() -%}
{%- set day = business_period_end('cast(day_on as ' ~ dbt.type_timestamp() ~ ')') %}
with events as (
    select * from {{ ref('int_review__cutoff_events') }}
),

inputs as (
    select * from {{ ref('int_crm__inputs') }}
),

policy as (
    select
        cast({{ threshold('rate_history_days') }} as integer) as history_days,
        cast({{ threshold('commit_close_date_churn__last_days') }} as integer) as last_days,
        cast({{ threshold('minimum_sample') }} as integer) as minimum_sample,
        cast({{ threshold('cutoff_shift__ratio') }} as {{ double }}) as shift_ratio,
        cast({{ threshold('cutoff_shift__deviations') }} as {{ double }}) as shift_deviations
),

clock as (
    select {{ business_time(as_of()) }} as now_local
),

days as (
    select
        cast({{ later('clock.now_local', -86400, 'days_back.day_number') }} as date) as day_on,
        clock.now_local,
        {{ later('clock.now_local', -86400, 'policy.history_days') }} as periods_from
    from clock
    cross join policy
    cross join {{ day_series(1000, 'days_back') }}
),

in_periods as (
    select
        day_on,
        now_local,
        periods_from,
        {{ day }} as period_ended_local
    from days
),

period_days as (
    select
        day_on,
        period_ended_local,
        {{ dbt.datediff('day_on', 'cast(period_ended_local as date)', 'day') }} - 1
            as days_to_cutoff
    from in_periods
    where period_ended_local <= now_local and period_ended_local > periods_from
),

spans as (
    select
        period_days.days_to_cutoff,
        period_days.days_to_cutoff < policy.last_days as is_last_days,
        count(*) as n_days
    from period_days
    cross join policy
    group by period_days.days_to_cutoff, policy.last_days
),

kinds as (
    select
        event,
        object_type,
        needs
    from {{ text_rows(['event', 'object_type', 'needs'], [
        ['close_date_changed', 'opportunity', 'history:close_date'],
        ['lead_source_changed', 'opportunity', 'history:lead_source'],
        ['lead_source_changed', 'lead', 'history:lead_source'],
        ['milestone_reached', 'opportunity', 'milestones & history:stage'],
        ['created', 'opportunity', 'lead_source'],
        ['created', 'lead', 'lead_source'],
    ]) }}
),

counted as (
    select
        events.crm,
        events.object_type,
        events.event,
        events.part,
        period_days.days_to_cutoff,
        count(*) as n_events
    from events
    inner join kinds
        on events.event = kinds.event and events.object_type = kinds.object_type
    inner join period_days
        on
            events.occurred_on = period_days.day_on
            and events.period_ended_local = period_days.period_ended_local
    group by
        events.crm, events.object_type, events.event, events.part, period_days.days_to_cutoff
),

crms as (
    select crm from {{ text_rows(['crm'], crm_sources()) }}
),

landed as (
    {{ computable_rules('kinds', 'event', 'inputs') }}
),

series as (
    select
        crms.crm,
        kinds.object_type,
        kinds.event,
        'all' as part,
        landed.event is not null as is_landed
    from kinds
    cross join crms
    left join landed
        on
            kinds.event = landed.event
            and kinds.object_type = landed.object_type
            and crms.crm = landed.crm

    union all

    select distinct
        counted.crm,
        counted.object_type,
        counted.event,
        counted.part,
        true as is_landed
    from counted
    inner join landed
        on
            counted.event = landed.event
            and counted.object_type = landed.object_type
            and counted.crm = landed.crm
),

parts as (
    select
        crm,
        object_type,
        event,
        part,
        days_to_cutoff,
        n_events
    from counted

    union all

    select
        crm,
        object_type,
        event,
        'all' as part,
        days_to_cutoff,
        sum(n_events) as n_events
    from counted
    group by crm, object_type, event, days_to_cutoff
),

filled as (
    select
        series.crm,
        series.object_type,
        series.event,
        series.part,
        series.is_landed,
        spans.days_to_cutoff,
        spans.is_last_days,
        spans.n_days,
        case when series.is_landed then coalesce(parts.n_events, 0) end as n_events
    from series
    cross join spans
    left join parts
        on
            series.crm = parts.crm
            and series.object_type = parts.object_type
            and series.event = parts.event
            and series.part = parts.part
            and spans.days_to_cutoff = parts.days_to_cutoff
),

summed as (
    select
        *,
        {%- for name, condition in [('last', 'is_last_days'), ('other', 'not is_last_days')] %}
            sum(case when {{ condition }} then n_events else 0 end) over (
                partition by crm, object_type, event, part
            ) as n_{{ name }}_events,
            sum(case when {{ condition }} then n_days else 0 end) over (
                partition by crm, object_type, event, part
            ) as n_{{ name }}_days{% if not loop.last %},{% endif %}
        {%- endfor %}
    from filled
),

rated as (
    select
        *,
        cast(n_events as {{ double }}) / n_days as events_per_day,
        case when is_landed then cast(n_last_events as {{ double }}) / nullif(n_last_days, 0) end
            as last_days_per_day,
        case when is_landed then cast(n_other_events as {{ double }}) / nullif(n_other_days, 0) end
            as other_days_per_day,
        cast(n_last_events + n_other_events as {{ double }}) * n_last_days
        / nullif(n_last_days + n_other_days, 0) as n_last_expected
    from summed
),

final as (
    select
        rated.crm,
        rated.object_type,
        rated.event,
        rated.part,
        rated.days_to_cutoff,
        rated.is_last_days,
        rated.n_days,
        rated.n_events,
        rated.events_per_day,
        rated.last_days_per_day,
        rated.other_days_per_day,
        case
            when not rated.is_landed then 'not_landed'
            when rated.n_last_events + rated.n_other_events < policy.minimum_sample
                then 'insufficient_data'
            when
                rated.last_days_per_day
                > policy.shift_ratio * rated.other_days_per_day
                -- Few events fall together by chance.
                and rated.n_last_events - rated.n_last_expected
                > policy.shift_deviations * sqrt(rated.n_last_expected)
                then 'shift'
            else 'ok'
        end as status
    from rated
    cross join policy
)

select * from final
