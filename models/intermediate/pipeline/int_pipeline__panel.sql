-- One row per target, fit and deal that was open at an instant which the fit looks at: the deal as
-- it was then in bands, and, where the fit could know it, whether it was won by the end.
{%- set fit = ['target', 'fit_number', 'crm'] %}
{#- A business period ends before its end, so many days end with it. -#}
{%- set is_won
    = 'outcomes.won_at is not null and (looks.is_weekly or outcomes.won_at < looks.ends_at)' %}
with looks as {{ inlined() }} (
    select * from {{ ref('int_pipeline__looks') }}
),

as_was as (
    select * from {{ ref('int_pipeline__as_was') }}
    where is_open
),

won as {{ inlined() }} (
    select * from {{ ref('int_pipeline__as_was') }}
    where not is_open
),

wins as (
    select * from {{ ref('int_pipeline__wins') }}
),

deals as (
    select * from {{ ref('int_pipeline__deals') }}
),

known as {{ inlined() }} (
    select * from {{ ref('int_pipeline__known') }}
),

outcomes as (
    select
        wins.record_sk,
        wins.won_at,
        coalesce(wins.won_until, cast('9999-12-31' as {{ dbt.type_timestamp() }})) as won_until,
        won.amount as won_amount
    from wins
    inner join won on wins.record_sk = won.record_sk and wins.won_at = won.instant_at
),

-- Periods ask for close dates.
looked_at as (
    select
        looks.target,
        looks.fit_number,
        looks.is_weekly,
        looks.fitted_at,
        looks.fit_starts_at,
        looks.fit_ends_at,
        looks.instant_at,
        looks.ends_at,
        looks.is_fitted,
        deals.crm,
        deals.pipeline,
        deals.segment,
        deals.currency,
        coalesce(as_was.owner_team, '') as team,
        as_was.record_sk,
        coalesce(as_was.stage, '') as stage,
        coalesce({{ band_of('as_was.days_in_stage', band_limits('stage_days', 4)) }}, '')
            as stage_days_band,
        as_was.amount,
        known.tells_amount,
        {{ is_won }} as is_won,
        case when {{ is_won }} then outcomes.won_amount end as won_amount,
        case
            when not known.tells_close_date then 'not_known'
            when as_was.close_date is null then 'none'
            when as_was.close_date < cast({{ business_time('looks.instant_at') }} as date)
                then 'past'
            when as_was.close_date < cast({{ business_time('looks.ends_at') }} as date)
                then 'in_period'
            else 'later'
        end as close_date_band,
        case
            when known.tells_close_date then {{ band_of('as_was.n_pushes', [1, 2, 3]) }}
            else 'not_known'
        end as pushes_band,
        case
            when known.tells_two_way then {{ band_of('as_was.n_two_way', [1, 3]) }}
            else 'not_known'
        end as two_way_band,
        case
            when known.tells_contacts then {{ band_of('as_was.n_contacts_engaged', [1, 2]) }}
            else 'not_known'
        end as contacts_band,
        case
            when known.tells_forecast_category
                then coalesce(lower({{ strip('as_was.forecast_category') }}), 'none')
            else 'not_known'
        end as category_band,
        case
            when not known.tells_meetings then 'not_known'
            when as_was.n_meetings_planned > 0 then 'yes'
            else 'no'
        end as meeting_band,
        case
            when known.tells_touches
                then {{ band_of('as_was.n_touches', band_limits('touches', 3)) }}
            else 'not_known'
        end as touches_band,
        {{ band_of(
            seconds_between('deals.created_at', 'looks.instant_at') ~ ' / 86400',
            band_limits('age', 4)
        ) }} as age_band
    from as_was
    inner join looks on as_was.instant_at = looks.instant_at
    inner join deals on as_was.record_sk = deals.record_sk
    inner join known on deals.crm = known.crm
    left join outcomes
        on
            as_was.record_sk = outcomes.record_sk
            and looks.instant_at < outcomes.won_at
            and looks.ends_at >= outcomes.won_at
            and looks.ends_at < outcomes.won_until
    where looks.is_weekly or known.has_close_dates
),

-- The last instants of a panel say how its weights hold afterwards.
panel_instants as (
    select distinct
        {{ fit | join(', ') }},
        instant_at,
        is_fitted
    from looked_at
    where not is_fitted
),

numbered_instants as (
    select
        *,
        row_number() over (partition by {{ fit | join(', ') }} order by instant_at desc) as place,
        count(*) over (partition by {{ fit | join(', ') }}) as n_instants
    from panel_instants
),

-- The amount of a deal is held against those of its segment in the panel.
amounts as (
    select
        {{ fit | join(', ') }},
        segment,
        currency,
        amount,
        count(*) as n_deals
    from looked_at
    where not is_fitted and tells_amount and amount > 0
    group by {{ fit | join(', ') }}, segment, currency, amount
),

running_amounts as (
    select
        *,
        sum(n_deals) over (
            partition by {{ fit | join(', ') }}, segment, currency
            order by amount
            rows between unbounded preceding and current row
        ) as n_up_to,
        sum(n_deals) over (partition by {{ fit | join(', ') }}, segment, currency) as n_all
    from amounts
),

quartiles as (
    select
        {{ fit | join(', ') }},
        {%- for quarter in [1, 2, 3] %}
            min(case when n_up_to >= 0.25 * {{ quarter }} * n_all then amount end)
                as q{{ quarter }},
        {%- endfor %}
        segment,
        currency
    from running_amounts
    group by {{ fit | join(', ') }}, segment, currency
),

final as (
    select
        looked_at.*,
        case
            when not looked_at.tells_amount then 'not_known'
            when coalesce(looked_at.amount, 0) <= 0 then 'none'
            when quartiles.q1 is null then 'not_known'
            when looked_at.amount <= quartiles.q1 then '1'
            when looked_at.amount <= quartiles.q2 then '2'
            when looked_at.amount <= quartiles.q3 then '3'
            else '4'
        end as amount_band,
        coalesce(instants.n_instants, 0) as n_instants,
        coalesce(
            instants.place
            <= ceil(
                {{ threshold('forecast__calibration_share') }} * instants.n_instants
            ),
            false
        ) as is_calibration,
        -- A deal that stands in several weeks weighs as much as one that stands in one.
        case
            when looked_at.is_weekly and not looked_at.is_fitted
                then
                    cast(1 as {{ type_double() }})
                    / count(*) over (
                        partition by
                            looked_at.target, looked_at.fit_number, looked_at.record_sk,
                            looked_at.is_fitted
                    )
            else 1
        end as weight
    from looked_at
    left join numbered_instants as instants
        on {{ same('looked_at', 'instants', fit + ['instant_at', 'is_fitted']) }}
    left join quartiles
        on {{ same('looked_at', 'quartiles', fit + ['segment', 'currency']) }}
)

select * from final
