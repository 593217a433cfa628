-- One row per deal and instant of int_pipeline__pairs: the deal as it was then, from what was known
-- by then. One pass over all that happened to it and the instants, on narrow keys.
with pairs as (
    select * from {{ ref('int_pipeline__pairs') }}
),

events as (
    select * from {{ ref('int_pipeline__events') }}
),

stage_periods as (
    select * from {{ ref('int_history__stage_periods') }}
),

owner_periods as (
    select * from {{ ref('int_history__owner_periods') }}
),

deal_values as {{ inlined() }} (
    select * from {{ ref('int_pipeline__values') }}
),

{%- set numbers = {
    'stage_number': 'max(stage_number)',
    'owner_number': 'max(owner_number)',
    'amount_number': 'max(amount_number)',
    'close_date_number': 'max(close_date_number)',
    'forecast_category_number': 'max(forecast_category_number)',
    'n_pushes': 'sum(push)',
    'n_two_way': 'sum(two_way)',
    'n_touches': 'sum(touch)',
    'n_contacts_engaged': 'sum(contact)',
    'n_meetings_planned': 'sum(meeting)',
    'last_touch_at': 'max(case when touch = 1 then event_at end)',
    'last_two_way_at': 'max(case when two_way = 1 then event_at end)',
} %}

deals as (
    select distinct record_sk from pairs
),

timeline as (
    select
        events.record_sk,
        0 as is_pair,
        false as is_open,
        {%- for column in deal_event_columns() %}
            events.{{ column }},
        {%- endfor %}
        events.event_at
    from events
    inner join deals on events.record_sk = deals.record_sk
    where events.event_at <= {{ as_of() }}

    union all

    select
        record_sk,
        1 as is_pair,
        is_open,
        {{ deal_event({}, 'instant_at') }}
    from pairs
),

-- What happens at the instant is known at it.
running as (
    select
        record_sk,
        event_at as instant_at,
        is_pair,
        is_open
        {%- for name, aggregate in numbers.items() -%}
            ,
            {{ aggregate }} over (
                partition by record_sk
                order by event_at, is_pair
                rows between unbounded preceding and current row
            ) as {{ name }}
        {%- endfor %}
    from timeline
),

as_was as (
    select * from running
    where is_pair = 1
),

final as (
    select
        as_was.record_sk,
        as_was.instant_at,
        as_was.is_open,
        stages.stage,
        stages.stage_order,
        stages.stage_kind,
        stages.started_at as stage_entered_at,
        {{ seconds_between('stages.started_at', 'as_was.instant_at') }} / 86400 as days_in_stage,
        owners.owner_id,
        owners.owner_team,
        amounts.amount,
        close_dates.close_date,
        categories.forecast_category,
        coalesce(as_was.n_pushes, 0) as n_pushes,
        coalesce(as_was.n_two_way, 0) as n_two_way,
        coalesce(as_was.n_touches, 0) as n_touches,
        coalesce(as_was.n_contacts_engaged, 0) as n_contacts_engaged,
        coalesce(as_was.n_meetings_planned, 0) as n_meetings_planned,
        as_was.last_touch_at,
        as_was.last_two_way_at
    from as_was
    left join stage_periods as stages
        on
            as_was.record_sk = stages.record_sk
            and as_was.stage_number = stages.period_number
    left join owner_periods as owners
        on
            as_was.record_sk = owners.record_sk
            and as_was.owner_number = owners.period_number
    left join deal_values as amounts
        on
            as_was.record_sk = amounts.record_sk
            and as_was.amount_number = amounts.value_number
            and amounts.field = 'amount'
    left join deal_values as close_dates
        on
            as_was.record_sk = close_dates.record_sk
            and as_was.close_date_number = close_dates.value_number
            and close_dates.field = 'close_date'
    left join deal_values as categories
        on
            as_was.record_sk = categories.record_sk
            and as_was.forecast_category_number = categories.value_number
            and categories.field = 'forecast_category'
)

select * from final
