-- One row per target, fit and deal that was open when the fit was made: its probability and why,
-- and, of fits whose end is past, what came of it. NULL probabilities where the panel does not
-- suffice.
{%- set fit = ['target', 'fit_number', 'crm'] %}
with panel as (
    select * from {{ ref('int_pipeline__panel') }}
    where is_fitted
),

scores as (
    select * from {{ ref('int_pipeline__scores') }}
    where is_fitted
),

calibration as (
    select * from {{ ref('int_pipeline__calibration') }}
),

joined as (
    select
        panel.target,
        panel.fit_number,
        panel.fitted_at,
        panel.fit_starts_at,
        panel.fit_ends_at,
        panel.crm,
        panel.pipeline,
        panel.segment,
        panel.team,
        panel.currency,
        panel.record_sk,
        panel.amount,
        panel.category_band,
        case when panel.fit_ends_at <= {{ as_of() }} then panel.is_won end as is_won,
        case when panel.fit_ends_at <= {{ as_of() }} then panel.won_amount end as won_amount,
        calibration.status,
        calibration.amount_ratio,
        calibration.slope,
        calibration.intercept_variance,
        scores.n_like,
        scores.n_won,
        scores.base_score,
        scores.base_probability,
        scores.plain_stage_rate,
        {%- for factor in forecast_factors() %}
            scores.{{ factor }}_weight,
        {%- endfor %}
        case
            when calibration.status = 'ok'
                then calibration.slope * scores.score + calibration.intercept
        end as log_odds
    from panel
    inner join calibration on {{ same('panel', 'calibration', fit) }}
    left join scores
        on
            panel.target = scores.target
            and panel.fit_number = scores.fit_number
            and panel.record_sk = scores.record_sk
),

with_probability as (
    select
        *,
        {{ from_log_odds('log_odds') }} as probability
    from joined
),

-- The way from the base to the probability, in points for each unit of log-odds.
with_points as (
    select
        *,
        100 * case
            when abs(log_odds - base_score) < 0.000001 then probability * (1 - probability)
            else (probability - base_probability) / (log_odds - base_score)
        end as points
    from with_probability
),

final as (
    select
        target,
        fit_number,
        fitted_at,
        fit_starts_at,
        fit_ends_at,
        crm,
        pipeline,
        segment,
        team,
        currency,
        record_sk,
        amount,
        category_band,
        is_won,
        won_amount,
        status,
        n_like,
        n_won,
        plain_stage_rate,
        case when status = 'ok' then base_probability end as base_probability,
        probability,
        round(cast(probability * amount * amount_ratio as {{ type_amount() }}), 2)
            as expected_amount,
        probability * (1 - probability) * amount * amount_ratio * amount * amount_ratio
            as amount_variance,
        -- By how much the expected amount moves with the intercept, which itself may be off.
        probability * (1 - probability) * amount * amount_ratio * sqrt(intercept_variance)
            as fit_deviation,
        {%- for factor in forecast_factors() %}
            points * slope * {{ factor }}_weight as {{ factor }}_points,
        {%- endfor %}
        points * (
            log_odds - base_score
            {%- for factor in forecast_factors() %}
                - slope * {{ factor }}_weight
            {%- endfor %}
        ) as calibration_points
    from with_points
)

select * from final
