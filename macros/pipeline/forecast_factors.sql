{#- The factors of a forecast: what is known of a deal at the instant, in bands (columns <factor>_band of int_pipeline__panel). -#}
{% macro forecast_factors() %}
    {{ return([
        'amount', 'close_date', 'pushes', 'two_way', 'contacts', 'category', 'meeting', 'touches', 'age',
    ]) }}
{% endmacro %}


{#- The log-odds of a probability, and the probability of log-odds. -#}
{% macro log_odds(probability) -%}
    (ln({{ probability }}) - ln(1 - ({{ probability }})))
{%- endmacro %}

{% macro from_log_odds(log_odds) -%}
    (1 / (1 + exp(-({{ log_odds }}))))
{%- endmacro %}


{#- The place of a number between its limits, as text: 0 under the first, 1 from the first on, ... -#}
{% macro band_of(value, limits) -%}
    case
        {%- for limit in limits %}
        when {{ value }} < {{ limit }} then '{{ loop.index0 }}'
        {%- endfor %}
        when {{ value }} is not null then '{{ limits | length }}'
    end
{%- endmacro %}


{#- The limits of a factor's bands, of the seed thresholds. -#}
{% macro band_limits(factor, n) %}
    {%- set limits = [] -%}
    {%- for place in range(1, n + 1) -%}
        {%- do limits.append(crm_hygiene.threshold('forecast_bands__' ~ factor ~ '_' ~ place)) -%}
    {%- endfor -%}
    {{ return(limits) }}
{% endmacro %}


{#- The equality of two rows in some columns. -#}
{% macro same(left, right, columns) -%}
    {%- for column in columns -%}
    {{ left }}.{{ column }} = {{ right }}.{{ column }}{{ ' and ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{#- A rate shrunk to that of its parent, which counts as many records as the policy says. -#}
{% macro shrunk(n_won, n_all, parent) -%}
    (({{ n_won }} + {{ crm_hygiene.threshold('forecast__shrinkage') }} * {{ parent }})
    / ({{ n_all }} + {{ crm_hygiene.threshold('forecast__shrinkage') }}))
{%- endmacro %}


{#- Of the deals that a relation counts as evidence (n_like), those won, at the rate of all times that they were seen. -#}
{% macro won_of_like(relation) -%}
    coalesce({{ relation }}.n_like * {{ relation }}.n_seen_won / nullif({{ relation }}.n_seen, 0), 0)
{%- endmacro %}
