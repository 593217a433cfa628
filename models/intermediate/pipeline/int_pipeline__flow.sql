-- One row per CRM, pipeline, segment, currency, stage (and all of them) and week: how many deals
-- came into the stage and where they went, how many were open in it at the week's end, and for how
-- much.
{%- set place = ['crm', 'pipeline', 'segment', 'currency'] %}
{%- set key = place + ['stage', 'week_number'] %}
{%- set counts = ['entered', 'left_forward', 'left_backward', 'won', 'lost', 'gone'] %}
with weeks as {{ inlined() }} (
    select * from {{ ref('int_pipeline__weeks') }}
),

stage_periods as (
    select * from {{ ref('int_history__stage_periods') }}
    where object_type = 'opportunity'
),

deals as (
    select * from {{ ref('int_pipeline__deals') }}
),

wins as (
    select * from {{ ref('int_pipeline__wins') }}
),

as_was as {{ inlined() }} (
    select * from {{ ref('int_pipeline__as_was') }}
),

stays as (
    select
        record_sk,
        stage,
        is_terminal,
        started_at,
        ended_at,
        stage_order,
        lead(stage_order) over (partition by record_sk order by period_number) as next_order,
        lead(stage_kind) over (partition by record_sk order by period_number) as next_kind
    from stage_periods
),

moves as (
    select
        record_sk,
        coalesce(stage, '') as stage,
        started_at as moved_at,
        'entered' as move
    from stays
    where not is_terminal

    union all

    -- A stage without a place is neither before nor after another.
    select
        record_sk,
        coalesce(stage, '') as stage,
        ended_at as moved_at,
        case
            when next_kind in ('won', 'lost') then next_kind
            when next_order > stage_order then 'left_forward'
            when next_order < stage_order then 'left_backward'
            else 'gone'
        end as move
    from stays
    where not is_terminal and ended_at is not null
),

moved as (
    select
        {%- for column in place %}
            deals.{{ column }},
        {%- endfor %}
        moves.stage,
        weeks.week_number
        {%- for count in counts %},
            sum(case when moves.move = '{{ count }}' then 1 else 0 end) as n_{{ count }}
        {%- endfor %}
    from moves
    inner join deals on moves.record_sk = deals.record_sk
    inner join weeks
        on moves.moved_at >= weeks.week_starts_at and moves.moved_at < weeks.week_ends_at
    group by
        {%- for column in place %}
            deals.{{ column }},
        {%- endfor %}
        moves.stage,
        weeks.week_number
),

standing as (
    select
        {%- for column in place %}
            deals.{{ column }},
        {%- endfor %}
        coalesce(as_was.stage, '') as stage,
        weeks.week_number,
        count(*) as n_open,
        sum(coalesce(as_was.amount, 0)) as open_amount
    from as_was
    inner join weeks on as_was.instant_at = weeks.week_ends_at
    inner join deals on as_was.record_sk = deals.record_sk
    where as_was.is_open
    group by
        {%- for column in place %}
            deals.{{ column }},
        {%- endfor %}
        coalesce(as_was.stage, ''),
        weeks.week_number
),

places as (
    select distinct
        {{ place | join(', ') }},
        stage
    from moved

    union

    select distinct
        {{ place | join(', ') }},
        stage
    from standing
),

grid as (
    select
        places.*,
        weeks.week_number
    from places
    cross join weeks
),

by_stage as (
    select
        grid.*,
        {%- for count in counts %}
            coalesce(moved.n_{{ count }}, 0) as n_{{ count }},
        {%- endfor %}
        coalesce(standing.n_open, 0) as n_open,
        coalesce(standing.open_amount, 0) as open_amount
    from grid
    left join moved on {{ same('grid', 'moved', key) }}
    left join standing on {{ same('grid', 'standing', key) }}
),

-- What was won lately, for how much and after how long, says how fast the pipeline moves.
won_deals as (
    select
        {%- for column in place %}
            deals.{{ column }},
        {%- endfor %}
        weeks.week_number,
        count(*) as n_wins,
        sum(coalesce(as_was.amount, 0)) as won_amount,
        sum({{ seconds_between('deals.created_at', 'wins.won_at') }} / 86400) as cycle_days
    from wins
    inner join deals on wins.record_sk = deals.record_sk
    inner join as_was
        on wins.record_sk = as_was.record_sk and wins.won_at = as_was.instant_at
    inner join weeks
        on wins.won_at >= weeks.week_starts_at and wins.won_at < weeks.week_ends_at
    where not as_was.is_open
    group by
        {%- for column in place %}
            deals.{{ column }},
        {%- endfor %}
        weeks.week_number
),

in_all as (
    select
        {{ place | join(', ') }},
        week_number,
        {%- for count in counts %}
            sum(n_{{ count }}) as n_{{ count }},
        {%- endfor %}
        sum(n_open) as n_open,
        sum(open_amount) as open_amount
    from by_stage
    group by {{ place | join(', ') }}, week_number
),

lately as (
    select
        in_all.*,
        {%- for sum, expression in {
            'wins': 'won_deals.n_wins', 'losses': 'in_all.n_lost',
            'amounts': 'won_deals.won_amount', 'days': 'won_deals.cycle_days',
        }.items() %}
            sum(coalesce({{ expression }}, 0)) over (
                partition by in_all.{{ place | join(', in_all.') }}
                order by in_all.week_number desc
                rows between 12 preceding and current row
            ) as quarter_{{ sum }}
            {{- ',' if not loop.last }}
        {%- endfor %}
    from in_all
    left join won_deals on {{ same('in_all', 'won_deals', place + ['week_number']) }}
),

final as (
    select
        {{ place | join(', ') }},
        stage,
        week_number,
        {%- for count in counts %}
            n_{{ count }},
        {%- endfor %}
        n_open,
        open_amount,
        cast(null as {{ type_double() }}) as velocity
    from by_stage

    union all

    -- Open deals × win rate × mean amount won ÷ days to the win: wins cancel out of the product.
    select
        {{ place | join(', ') }},
        'all' as stage,
        week_number,
        {%- for count in counts %}
            n_{{ count }},
        {%- endfor %}
        n_open,
        open_amount,
        n_open
        * (cast(quarter_wins as {{ type_double() }}) / nullif(quarter_wins + quarter_losses, 0))
        * quarter_amounts / nullif(quarter_days, 0) as velocity
    from lately
)

select * from final
