-- One row per target, fit and deal that is forecast or that the weights are held against: the
-- log-odds of its cell, what each factor adds, and their sum.
{%- set cell = ['target', 'fit_number', 'crm', 'pipeline', 'stage', 'stage_days_band'] %}
{%- set fit = ['target', 'fit_number', 'crm'] %}
with panel as (
    select * from {{ ref('int_pipeline__panel') }}
    where is_fitted or is_calibration
),

cells as (
    select * from {{ ref('int_pipeline__cells') }}
),

factor_weights as {{ inlined() }} (
    select * from {{ ref('int_pipeline__factor_weights') }}
),

weighed as (
    select
        panel.*,
        cells.n_like,
        cells.n_won,
        cells.base_probability,
        cells.plain_stage_rate,
        {{ log_odds('cells.base_probability') }} as base_score
        {%- for factor in forecast_factors() %},
            coalesce({{ factor }}_weights.weight, 0) as {{ factor }}_weight
        {%- endfor %}
    from panel
    inner join cells on {{ same('panel', 'cells', cell) }}
    {%- for factor in forecast_factors() %}
        left join factor_weights as {{ factor }}_weights
            on
                {{ same('panel', factor ~ '_weights', fit) }}
                and {{ factor }}_weights.factor = '{{ factor }}'
                and panel.{{ factor }}_band = {{ factor }}_weights.band
    {%- endfor %}
),

final as (
    select
        *,
        base_score
        {%- for factor in forecast_factors() %}
            + {{ factor }}_weight
        {%- endfor %} as score
    from weighed
)

select * from final
