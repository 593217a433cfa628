{#- Keeps an engine from storing a CTE that is read twice with different filters. -#}
{% macro inlined() -%}
    {{ return('not materialized' if target.type in ('duckdb', 'postgres') else '') }}
{%- endmacro %}
