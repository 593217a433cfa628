-- One row per CRM × target × past fit × currency × method: what the method said of all deals
-- together when so many days were left, what came, and how good it was over all its fits.
{%- set text = dbt.type_string() %}
{%- set double = type_double() %}
{%- set method = 'partition by crm, target, currency, method' %}
with backtest as (
    select * from {{ ref('int_pipeline__backtest') }}
),

final as (
    select
        cast(crm as {{ text }}) as crm,
        cast(target as {{ text }}) as target,
        cast(fitted_at as {{ dbt.type_timestamp() }}) as fitted_at,
        cast(fit_ends_at as {{ dbt.type_timestamp() }}) as target_ends_at,
        cast({{ seconds_between('fitted_at', 'fit_ends_at') }} / 86400 as {{ double }})
            as days_left,
        cast(nullif(currency, '') as {{ text }}) as currency,
        cast(method as {{ text }}) as method,
        {%- for column in ['forecast_amount', 'actual_amount', 'error_amount'] %}
            cast({{ column }} as {{ type_amount() }}) as {{ column }},
        {%- endfor %}
        {{ settled('error_share') }} as error_share,
        {%- for share in [50, 80, 90] %}
            cast(is_inside_{{ share }} as boolean) as is_inside_{{ share }},
        {%- endfor %}
        cast(n_open as {{ dbt.type_bigint() }}) as n_open,
        cast(n_won as {{ dbt.type_bigint() }}) as n_won,
        {%- for column in ['expected_wins', 'brier', 'log_loss'] %}
            {{ settled(column) }} as {{ column }},
        {%- endfor %}
        {{ settled('avg(cast(error_amount as ' ~ double ~ ')) over (' ~ method ~ ')', 6) }}
            as mean_error_amount,
        {{ settled('avg(error_share) over (' ~ method ~ ')') }} as mean_error_share,
        cast(count(*) over ({{ method }}) as {{ dbt.type_bigint() }}) as n_fits,
        {{ as_of() }} as as_of
    from backtest
)

select * from final
