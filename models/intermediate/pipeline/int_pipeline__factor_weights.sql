-- One row per target, fit, CRM, factor and band: the log of the likelihood ratio by which a deal in
-- the band is won rather than not, beyond what its cell says, shrunk to none. What is not known
-- says nothing.
with panel as (
    select * from {{ ref('int_pipeline__panel') }}
    where not is_fitted and not is_calibration
),

cells as (
    select * from {{ ref('int_pipeline__cells') }}
),

{%- set cell = ['target', 'fit_number', 'crm', 'pipeline', 'stage', 'stage_days_band'] %}

with_base as (
    select
        panel.*,
        cells.base_probability
    from panel
    inner join cells on {{ same('panel', 'cells', cell) }}
),

counted as (
    {%- for factor in forecast_factors() %}
        select
            target,
            fit_number,
            crm,
            '{{ factor }}' as factor,
            {{ factor }}_band as band,
            sum(weight) as n_deals,
            sum(case when is_won then weight else 0 end) as n_won,
            sum(weight * base_probability) as n_expected
        from with_base
        group by target, fit_number, crm, {{ factor }}_band
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

rated as (
    select
        *,
        n_expected / n_deals as expected_rate,
        {{ shrunk('n_won', 'n_deals', 'n_expected / n_deals') }} as rate
    from counted
),

final as (
    select
        target,
        fit_number,
        crm,
        factor,
        band,
        n_deals,
        n_won,
        n_expected,
        case
            when band = 'not_known' then 0
            else {{ log_odds('rate') }} - {{ log_odds('expected_rate') }}
        end as weight
    from rated
)

select * from final
