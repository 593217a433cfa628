-- One row per target, instant and end that are past, and by what a forecast is added up: what was
-- won between the two and still was at the end, from deals open at the instant and from others.
with looks as {{ inlined() }} (
    select * from {{ ref('int_pipeline__looks') }}
),

wins as (
    select * from {{ ref('int_pipeline__wins') }}
),

as_was as {{ inlined() }} (
    select * from {{ ref('int_pipeline__as_was') }}
),

deals as (
    select * from {{ ref('int_pipeline__deals') }}
),

windows as (
    select distinct
        target,
        is_weekly,
        instant_at,
        ends_at
    from looks
    where ends_at <= {{ as_of() }}
),

outcomes as (
    select
        wins.record_sk,
        wins.won_at,
        wins.won_until,
        deals.crm,
        deals.pipeline,
        deals.segment,
        deals.currency,
        coalesce(as_was.owner_team, '') as team,
        coalesce(as_was.amount, 0) as won_amount
    from wins
    inner join as_was
        on wins.record_sk = as_was.record_sk and wins.won_at = as_was.instant_at
    inner join deals on wins.record_sk = deals.record_sk
    where not as_was.is_open
),

open_deals as (
    select
        record_sk,
        instant_at
    from as_was
    where is_open
),

final as (
    select
        windows.target,
        windows.instant_at,
        windows.ends_at,
        outcomes.crm,
        outcomes.pipeline,
        outcomes.segment,
        outcomes.team,
        outcomes.currency,
        open_deals.record_sk is not null as was_open,
        count(*) as n_won,
        sum(outcomes.won_amount) as won_amount
    from outcomes
    inner join windows
        on
            outcomes.won_at > windows.instant_at
            and outcomes.won_at <= windows.ends_at
            and (windows.is_weekly or outcomes.won_at < windows.ends_at)
            and (outcomes.won_until is null or outcomes.won_until > windows.ends_at)
    left join open_deals
        on
            outcomes.record_sk = open_deals.record_sk
            and windows.instant_at = open_deals.instant_at
    group by
        windows.target,
        windows.instant_at,
        windows.ends_at,
        outcomes.crm,
        outcomes.pipeline,
        outcomes.segment,
        outcomes.team,
        outcomes.currency,
        open_deals.record_sk is not null
)

select * from final
