{#- Makes an engine store a CTE: DuckDB plans a long chain of windows in a time that grows exponentially with its length. -#}
{% macro materialized() -%}
    {{ return('materialized' if target.type in ('duckdb', 'postgres') else '') }}
{%- endmacro %}
