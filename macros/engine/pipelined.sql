{#- For a CTE that works out what later ones read many times. DuckDB streams it; PostgreSQL would write its expressions
    out wherever they are read, each into the next, until planning takes minutes and gigabytes: there it is stored. -#}
{% macro pipelined() -%}
    {{ return({'duckdb': 'not materialized', 'postgres': 'materialized'}.get(target.type, '')) }}
{%- endmacro %}
