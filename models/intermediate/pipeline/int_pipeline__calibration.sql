-- One row per target, fit and CRM: whether its panel suffices, and the slope and intercept that
-- bring scores to what came of the panel's last instants, which gave no weights. Newton's method
-- on scores in bins, of a fixed number of steps, held to slope 1 and intercept 0 by a few deals.
{%- set fit = ['target', 'fit_number', 'crm'] %}
{%- set prior = threshold('forecast__calibration_prior') %}
with panel as (
    select * from {{ ref('int_pipeline__panel') }}
),

scores as (
    select * from {{ ref('int_pipeline__scores') }}
    where is_calibration
),

fits as (
    select
        {{ fit | join(', ') }},
        is_weekly,
        max(n_instants) as n_instants,
        sum(case when is_fitted then 0 else weight end) as n_panel,
        sum(case when not is_fitted and is_won then weight else 0 end) as n_won,
        sum(case when is_won and won_amount > 0 and amount > 0 and not is_fitted
            then weight * won_amount else 0 end) as won_amount,
        sum(case when is_won and won_amount > 0 and amount > 0 and not is_fitted
            then weight * amount else 0 end) as amount_then
    from panel
    group by {{ fit | join(', ') }}, is_weekly
),

bins as (
    select
        {{ fit | join(', ') }},
        floor(score * 8) as bin,
        count(*) as n_deals,
        sum(weight) as n_evidence,
        sum(case when is_won then 1 else 0 end) as n_won,
        avg(score) as score
    from scores
    group by {{ fit | join(', ') }}, floor(score * 8)
),

step_0 as (
    select distinct
        {{ fit | join(', ') }},
        cast(1 as {{ type_double() }}) as slope,
        cast(0 as {{ type_double() }}) as intercept
    from bins
),

{%- for step in range(1, 9) %}

expected_{{ step }} as {{ materialized() }} (
    select
        bins.*,
        before.slope,
        before.intercept,
        {{ from_log_odds('before.slope * bins.score + before.intercept') }} as p
    from bins
    inner join step_{{ step - 1 }} as before on {{ same('bins', 'before', fit) }}
),

sums_{{ step }} as {{ materialized() }} (
    select
        {{ fit | join(', ') }},
        max(slope) as slope,
        max(intercept) as intercept,
        sum((n_won - n_deals * p) * score) - {{ prior }} * (max(slope) - 1) as slope_gap,
        sum(n_won - n_deals * p) - {{ prior }} * max(intercept) as intercept_gap,
        sum(n_deals * p * (1 - p) * score * score) + {{ prior }} as slope_bend,
        sum(n_deals * p * (1 - p) * score) as both_bend,
        sum(n_deals * p * (1 - p)) + {{ prior }} as intercept_bend,
        -- What the intercept may be off by, of deals that count once each.
        sum(n_deals) / (
            sum(n_evidence) * (sum(n_deals * p * (1 - p)) + {{ prior }})
        ) as intercept_variance
    from expected_{{ step }}
    group by {{ fit | join(', ') }}
),

step_{{ step }} as {{ materialized() }} (
    select
        {{ fit | join(', ') }},
        slope + (slope_gap * intercept_bend - intercept_gap * both_bend)
        / (slope_bend * intercept_bend - both_bend * both_bend) as slope,
        intercept + (intercept_gap * slope_bend - slope_gap * both_bend)
        / (slope_bend * intercept_bend - both_bend * both_bend) as intercept,
        intercept_variance
    from sums_{{ step }}
),
{%- endfor %}

final as (
    select
        fits.target,
        fits.fit_number,
        fits.crm,
        fits.n_instants,
        fits.n_panel,
        fits.n_won,
        case
            when
                fits.n_instants < case
                    when fits.is_weekly then {{ threshold('forecast__minimum_weeks') }}
                    else {{ threshold('forecast__minimum_periods') }}
                end
                or fits.n_won < {{ threshold('forecast__minimum_outcomes') }}
                or fits.n_panel - fits.n_won < {{ threshold('forecast__minimum_outcomes') }}
                or step_8.slope is null
                then 'insufficient_data'
            else 'ok'
        end as status,
        step_8.slope,
        step_8.intercept,
        step_8.intercept_variance,
        -- What deals were won for, of what was known of them before.
        coalesce(fits.won_amount / nullif(fits.amount_then, 0), 1) as amount_ratio
    from fits
    left join step_8 on {{ same('fits', 'step_8', fit) }}
)

select * from final
