-- One row per target, fit whose end is past, CRM, currency and method: what the method would have
-- said then of all deals together, and what came.
{%- set fit = ['target', 'fit_number', 'crm'] %}
{%- set methods = {
    'model': 'total_expected',
    'stage_rate': 'booked_amount + new_expected + stage_rate_expected',
    'category_rollup': 'booked_amount + new_expected + category_expected',
    'last_period': 'last_amount',
} %}
with bands as (
    select * from {{ ref('int_pipeline__bands') }}
    where level = 'all' and actual_amount is not null
),

forecasts as (
    select * from {{ ref('int_pipeline__forecasts') }}
    where status = 'ok' and is_won is not null
),

panel as (
    select * from {{ ref('int_pipeline__panel') }}
    where not is_fitted
),

totals as {{ inlined() }} (
    select * from {{ ref('int_pipeline__totals') }}
    where level = 'all'
),

conversions as (
    select
        {{ fit | join(', ') }},
        category_band,
        sum(case when is_won then weight else 0 end) / sum(weight) as conversion
    from panel
    where category_band <> 'not_known'
    group by {{ fit | join(', ') }}, category_band
),

judged as (
    select
        forecasts.*,
        case when forecasts.is_won then 1 else 0 end as outcome,
        case
            when forecasts.category_band <> 'not_known' then coalesce(conversions.conversion, 0)
        end as category_rate
    from forecasts
    left join conversions
        on {{ same('forecasts', 'conversions', fit + ['category_band']) }}
),

{%- set rates = {
    'model': 'probability', 'stage_rate': 'plain_stage_rate', 'category_rollup': 'category_rate'
} %}

-- A certain loss that is won would cost without bound: rates are held off 0 and 1.
clipped as (
    select
        *
        {%- for method, rate in rates.items() %},
            case
                when {{ rate }} < 0.001 then 0.001
                when {{ rate }} > 0.999 then 0.999
                else {{ rate }}
            end as {{ method }}_rate
        {%- endfor %}
    from judged
),

scored as (
    select
        {{ fit | join(', ') }},
        currency,
        count(*) as n_open,
        sum(outcome) as n_won,
        sum(cast(amount as {{ type_double() }}) * category_rate) as category_expected
        {%- for method, rate in rates.items() %},
            sum({{ rate }}) as {{ method }}_wins,
            avg(({{ rate }} - outcome) * ({{ rate }} - outcome)) as {{ method }}_brier,
            avg(
                -outcome * ln({{ method }}_rate)
                - (1 - outcome) * ln(1 - {{ method }}_rate)
            ) as {{ method }}_log_loss
        {%- endfor %}
    from clipped
    group by {{ fit | join(', ') }}, currency
),

-- The latest window that was over when the fit was made.
before as (
    select
        bands.target,
        bands.fit_number,
        bands.crm,
        bands.currency,
        totals.actual_amount as last_amount,
        row_number() over (
            partition by bands.target, bands.fit_number, bands.crm, bands.currency
            order by totals.fit_ends_at desc
        ) as place
    from bands
    inner join totals
        on
            {{ same('bands', 'totals', ['target', 'crm', 'currency']) }}
            and totals.fit_ends_at <= bands.fitted_at
),

joined as (
    select
        bands.*,
        scored.n_won,
        scored.category_expected,
        before.last_amount
        {%- for method in rates %},
            scored.{{ method }}_wins,
            scored.{{ method }}_brier,
            scored.{{ method }}_log_loss
        {%- endfor %}
    from bands
    left join scored on {{ same('bands', 'scored', fit + ['currency']) }}
    left join before
        on
            {{ same('bands', 'before', fit + ['currency']) }}
            and before.place = 1
),

told as (
    {%- for method, forecast in methods.items() %}
        select
            {{ fit | join(', ') }},
            currency,
            fitted_at,
            fit_ends_at,
            '{{ method }}' as method,
            {{ forecast }} as forecast_amount,
            actual_amount,
            n_open,
            n_won,
            {%- if method in rates %}
                {{ method }}_wins as expected_wins,
                {{ method }}_brier as brier,
                {{ method }}_log_loss as log_loss,
            {%- else %}
                cast(null as {{ type_double() }}) as expected_wins,
                cast(null as {{ type_double() }}) as brier,
                cast(null as {{ type_double() }}) as log_loss,
            {%- endif %}
            {%- for share in [50, 80, 90] %}
                {%- if method == 'model' %}
                    abs(actual_amount - total_expected) <= width_{{ share }}
                {%- else %}
                    cast(null as boolean)
                {%- endif %} as is_inside_{{ share }}
                {{- ',' if not loop.last }}
            {%- endfor %}
        from joined
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

final as (
    select
        *,
        forecast_amount - actual_amount as error_amount,
        abs(forecast_amount - actual_amount) / nullif(actual_amount, 0) as error_share
    from told
    where forecast_amount is not null
)

select * from final
