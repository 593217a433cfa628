{#- The Jaro-Winkler similarity of two texts, 0 to 1; NULL where either is NULL. Engines without the function compare
    for equality: nothing fails there, and texts that differ are never similar. -#}
{% macro jaro_winkler(first, second) %}
    {{- return(adapter.dispatch('jaro_winkler', 'crm_hygiene')(first, second)) -}}
{% endmacro %}

{% macro default__jaro_winkler(first, second) -%}
    case when {{ first }} = {{ second }} then 1.0 when {{ first }} <> {{ second }} then 0.0 end
{%- endmacro %}

{% macro duckdb__jaro_winkler(first, second) -%}
    jaro_winkler_similarity({{ first }}, {{ second }})
{%- endmacro %}

{% macro snowflake__jaro_winkler(first, second) -%}
    (jarowinkler_similarity({{ first }}, {{ second }}) / 100.0)
{%- endmacro %}
