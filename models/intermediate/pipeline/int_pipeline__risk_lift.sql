-- One row per CRM, flag and stage: of the deals that are over and were in the stage, how many of
-- those that were flagged in it were won, and how many of the others.
{%- set groups = ['flagged', 'unflagged', 'touched', 'untouched'] %}
with episodes as (
    select * from {{ ref('int_pipeline__risk_episodes') }}
),

stage_periods as (
    select * from {{ ref('int_history__stage_periods') }}
    where object_type = 'opportunity' and not is_terminal and stage is not null
),

open_spans as (
    select * from {{ ref('int_history__open_spans') }}
),

wins as (
    select * from {{ ref('int_pipeline__wins') }}
),

register as (
    select flag from {{ ref('deal_risk_register') }}
),

over as (
    select
        record_sk,
        count(*) as n_spans
    from open_spans
    group by record_sk
    having count(closed_at) = count(*)
),

won as (
    select distinct record_sk
    from wins
    where won_until is null
),

visits as (
    select distinct
        stage_periods.crm,
        stage_periods.record_sk,
        stage_periods.stage,
        case when won.record_sk is null then 0 else 1 end as is_won
    from stage_periods
    inner join over on stage_periods.record_sk = over.record_sk
    left join won on stage_periods.record_sk = won.record_sk
),

flags as (
    select
        record_sk,
        flag,
        stage,
        max(case when is_touched then 1 else 0 end) as is_touched
    from episodes
    group by record_sk, flag, stage
),

judged as (
    select
        visits.crm,
        register.flag,
        visits.stage,
        visits.is_won,
        case when flags.record_sk is null then 0 else 1 end as flagged,
        case when flags.record_sk is null then 1 else 0 end as unflagged,
        coalesce(flags.is_touched, 0) as touched,
        coalesce(1 - flags.is_touched, 0) as untouched
    from visits
    cross join register
    left join flags
        on
            visits.record_sk = flags.record_sk
            and visits.stage = flags.stage
            and register.flag = flags.flag
),

counted as (
    select
        {%- for group in groups %}
            sum({{ group }}) as n_{{ group }},
            sum({{ group }} * is_won) as n_{{ group }}_won,
        {%- endfor %}
        crm,
        flag,
        stage
    from judged
    group by crm, flag, stage
),

final as (
    select * from counted
    where n_flagged > 0
)

select * from final
