-- One row per span of a risk: the stage in which it began, the first touch after it, and what
-- became of the deal.
with spans as (
    select * from {{ ref('int_pipeline__risk_spans') }}
),

stage_periods as (
    select * from {{ ref('int_history__stage_periods') }}
    where object_type = 'opportunity'
),

touches as (
    select * from {{ ref('int_pipeline__touches') }}
    where is_touch
),

wins as (
    select * from {{ ref('int_pipeline__wins') }}
),

stays as (
    select
        record_sk,
        stage,
        started_at,
        coalesce(ended_at, cast('9999-12-31' as {{ dbt.type_timestamp() }})) as ended_at
    from stage_periods
),

first_touches as (
    select
        spans.record_sk,
        spans.flag,
        spans.onset_at,
        min(touches.occurred_at) as touched_at
    from spans
    inner join touches
        on
            spans.record_sk = touches.record_sk
            and spans.onset_at <= touches.occurred_at
    group by spans.record_sk, spans.flag, spans.onset_at
),

final as (
    select
        spans.record_sk,
        spans.flag,
        spans.onset_at,
        spans.cleared_at,
        spans.lasts_to_the_end,
        stays.stage,
        first_touches.touched_at,
        coalesce(
            first_touches.touched_at
            <= {{ later('spans.onset_at', 3600, threshold('deal_risks__touch_hours')) }},
            false
        ) as is_touched,
        case
            when spans.closed_at is null then 'open'
            when wins.record_sk is not null then 'won'
            else 'lost'
        end as outcome
    from spans
    left join stays
        on
            spans.record_sk = stays.record_sk
            and spans.onset_at >= stays.started_at
            and spans.onset_at < stays.ended_at
    left join first_touches
        on {{ same('spans', 'first_touches', ['record_sk', 'flag', 'onset_at']) }}
    left join wins
        on spans.record_sk = wins.record_sk and spans.closed_at = wins.won_at
)

select * from final
