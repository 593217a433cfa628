-- One row per deal and kind of change since a week ago: by how much it moved what is expected of
-- this business period, booked deals included.
with forecasts as (
    select * from {{ ref('int_pipeline__forecasts') }}
),

looks as {{ inlined() }} (
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

before as (
    select
        forecasts.record_sk,
        forecasts.amount,
        forecasts.expected_amount,
        as_was.close_date
    from forecasts
    inner join as_was
        on
            forecasts.record_sk = as_was.record_sk
            and forecasts.fitted_at = as_was.instant_at
    where
        forecasts.target = 'week_before' and forecasts.fit_number = 0 and forecasts.status = 'ok'
),

now as (
    select
        forecasts.record_sk,
        forecasts.amount,
        forecasts.expected_amount,
        forecasts.fit_ends_at,
        as_was.close_date
    from forecasts
    inner join as_was
        on
            forecasts.record_sk = as_was.record_sk
            and forecasts.fitted_at = as_was.instant_at
    where forecasts.target = 'period' and forecasts.fit_number = 0 and forecasts.status = 'ok'
),

-- What was said a week ago counts where both forecasts can be made.
fits as (
    select
        crm,
        min(fitted_at) as week_ago_at
    from forecasts
    where
        fit_number = 0
        and status = 'ok'
        and target in ('period', 'week_before')
    group by crm
    having count(distinct target) = 2
),

period_starts as (
    select
        fit_starts_at,
        fit_ends_at
    from looks
    where target = 'period' and fit_number = 0 and is_fitted
),

booked as (
    select
        wins.record_sk,
        as_was.amount
    from wins
    inner join deals on wins.record_sk = deals.record_sk
    inner join fits on deals.crm = fits.crm
    inner join period_starts
        on
            wins.won_at >= period_starts.fit_starts_at
            and wins.won_at > fits.week_ago_at
    inner join as_was
        on wins.record_sk = as_was.record_sk and wins.won_at = as_was.instant_at
    where wins.won_until is null and not as_was.is_open
),

touched as (
    select record_sk from before

    union

    select record_sk from now

    union

    select record_sk from booked
),

compared as (
    select
        deals.record_sk,
        fits.week_ago_at,
        before.record_sk is not null as was_open,
        now.record_sk is not null as is_open,
        booked.record_sk is not null as is_booked,
        coalesce(before.expected_amount, 0) as expected_before,
        coalesce(now.expected_amount, 0) as expected_now,
        coalesce(booked.amount, 0) as booked_amount,
        coalesce(
            before.expected_amount * now.amount / nullif(before.amount, 0)
            - before.expected_amount,
            0
        ) as by_amount,
        coalesce(
            before.close_date < cast({{ business_time('period_starts.fit_ends_at') }} as date)
            and now.close_date >= cast({{ business_time('period_starts.fit_ends_at') }} as date),
            false
        ) as has_slipped
    from touched
    inner join deals on touched.record_sk = deals.record_sk
    inner join fits on deals.crm = fits.crm
    cross join period_starts
    left join before on touched.record_sk = before.record_sk
    left join now on touched.record_sk = now.record_sk
    left join booked on touched.record_sk = booked.record_sk
),

kinds as (
    select
        record_sk,
        week_ago_at,
        case
            when is_booked then 'won'
            when not is_open then 'lost'
            when not was_open then 'new'
            when has_slipped then 'slipped'
            else 'probability'
        end as change_kind,
        case
            when was_open and is_open and not is_booked
                then round(cast(by_amount as {{ type_amount() }}), 2)
            else 0
        end as by_amount,
        booked_amount + expected_now - expected_before as moved
    from compared
),

final as (
    select
        record_sk,
        week_ago_at,
        change_kind,
        moved - by_amount as moved_amount
    from kinds
    where moved - by_amount <> 0 or change_kind in ('won', 'lost', 'new')

    union all

    select
        record_sk,
        week_ago_at,
        'amount' as change_kind,
        by_amount as moved_amount
    from kinds
    where by_amount <> 0
)

select * from final
