-- One row per CRM, object type, pipeline, stage and segment (and `all`): who is there, and what
-- became of those who came there within the window.
{%- set keys = ['crm', 'object_type', 'pipeline', 'stage'] -%}
{%- set afterwards = 'over (partition by record_sk order by period_number'
    ~ ' rows between 1 following and unbounded following)' %}

with stage_periods as (
    select * from {{ ref('int_history__stage_periods') }}
),

records as {{ inlined() }} (
    select * from {{ ref('int_crm__records') }}
),

inputs as (
    select * from {{ ref('int_crm__inputs') }}
),

-- What was not told cannot be counted as gone nowhere.
told as (
    select
        crm,
        object_type,
        max(case when input in ('history:stage', 'history:status') then 1 else 0 end) = 1
            as has_history,
        max(case when input = 'amount' then 1 else 0 end) = 1 as has_amount
    from inputs
    where object_type in ('opportunity', 'lead')
    group by crm, object_type
),

periods as (
    select
        record_sk,
        crm,
        object_type,
        coalesce(pipeline, '') as pipeline,
        stage,
        stage_order,
        stage_kind,
        segment,
        started_at,
        is_current,
        max(case when stage_kind = 'won' then 1 else 0 end) {{ afterwards }} as is_won_later,
        max(case when stage_kind = 'lost' then 1 else 0 end) {{ afterwards }} as is_lost_later,
        -- Lists put the lost stage last.
        max(case when coalesce(stage_kind, 'open') <> 'lost' then stage_order end)
            {{ afterwards }} as furthest_order
    from stage_periods
    where is_live and stage is not null and object_type in ('opportunity', 'lead')
),

-- A record that came to a stage twice is one of it, from the first time on.
by_record as (
    select
        record_sk,
        {{ keys | join(',\n        ') }},
        segment,
        min(stage_order) as stage_order,
        min(stage_kind) as stage_kind,
        max(case when is_current then 1 else 0 end) as is_there,
        case
            when min(started_at) > {{ later(as_of(), -86400, threshold('funnel__days')) }} then 1
            else 0
        end as has_entered,
        coalesce(max(is_won_later), 0) as is_won,
        coalesce(max(is_lost_later), 0) * (1 - coalesce(max(is_won_later), 0)) as is_lost,
        max(case when is_won_later = 1 or furthest_order > stage_order then 1 else 0 end)
            as has_advanced
    from periods
    group by record_sk, {{ keys | join(', ') }}, segment
),

counted as (
    {%- for segment in ['segment', "'all'"] %}
        select
            {%- for key in keys %}
                by_record.{{ key }},
            {%- endfor %}
            {{ 'by_record.segment' if segment == 'segment' else segment }} as segment,
            by_record.stage_order,
            by_record.stage_kind,
            by_record.is_there,
            by_record.has_entered,
            by_record.is_won,
            by_record.is_lost,
            by_record.has_advanced,
            case when by_record.is_there = 1 then records.amount end as amount,
            case when by_record.is_there = 1 then upper({{ strip('records.currency') }}) end
                as currency
        from by_record
        inner join records on by_record.record_sk = records.record_sk
        {%- if segment == 'segment' %}
            where by_record.segment is not null
        {%- endif %}
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

summed as (
    select
        {{ keys | join(',\n        ') }},
        segment,
        min(stage_order) as stage_order,
        min(stage_kind) as stage_kind,
        sum(is_there) as n_records,
        sum(amount) as amount,
        count(distinct case when amount is not null then coalesce(currency, '') end)
            as n_currencies,
        max(case when amount is not null then currency end) as currency,
        sum(has_entered) as n_entered,
        sum(has_entered * has_advanced) as n_advanced,
        sum(has_entered * is_won) as n_won,
        sum(has_entered * is_lost) as n_lost
    from counted
    group by {{ keys | join(', ') }}, segment
),

final as (
    select
        summed.crm,
        summed.object_type,
        summed.pipeline,
        summed.stage,
        summed.segment,
        summed.stage_order,
        summed.stage_kind,
        summed.n_records,
        -- Amounts of two currencies make no sum.
        case
            when told.has_amount and summed.n_currencies = 1 then summed.amount
            when told.has_amount and summed.n_currencies = 0 then 0
        end as amount,
        case when told.has_amount and summed.n_currencies = 1 then summed.currency end as currency,
        {%- for column in ['n_entered', 'n_advanced', 'n_won', 'n_lost'] %}
            case when told.has_history then summed.{{ column }} end as {{ column }},
        {%- endfor %}
        case
            when told.has_history and coalesce(summed.stage_kind, 'open') = 'open'
                then
                    cast(
                        cast(summed.n_advanced as {{ type_double() }}) / nullif(summed.n_entered, 0)
                        as decimal(9, 6)
                    )
        end as conversion_rate
    from summed
    inner join told
        on summed.crm = told.crm and summed.object_type = told.object_type
)

select * from final
