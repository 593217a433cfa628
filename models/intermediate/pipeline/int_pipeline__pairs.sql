-- One row per deal and instant at which it is looked at: the instants of the forecasts and the
-- ends of weeks while it was open, and the instants at which it was won.
with looks as {{ inlined() }} (
    select * from {{ ref('int_pipeline__looks') }}
),

weeks as (
    select * from {{ ref('int_pipeline__weeks') }}
),

records as {{ inlined() }} (
    select * from {{ ref('int_crm__records') }}
),

open_spans as (
    select * from {{ ref('int_history__open_spans') }}
),

wins as (
    select * from {{ ref('int_pipeline__wins') }}
),

instants as (
    select instant_at from looks

    union

    select week_ends_at as instant_at from weeks
),

deals as (
    select
        open_spans.record_sk,
        open_spans.opened_at,
        open_spans.closed_at
    from open_spans
    inner join records on open_spans.record_sk = records.record_sk
    where records.object_type = 'opportunity'
),

final as (
    select
        deals.record_sk,
        instants.instant_at,
        true as is_open
    from deals
    inner join instants
        on
            deals.opened_at <= instants.instant_at
            and (deals.closed_at is null or deals.closed_at > instants.instant_at)

    union all

    select
        record_sk,
        won_at as instant_at,
        false as is_open
    from wins
)

select * from final
