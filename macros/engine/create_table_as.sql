{#- PostgreSQL plans a join of a table that it has not counted yet as if it held next to nothing: a nested loop over
    thousands of rows. So each is counted as soon as it is made. What a CTE holds it cannot count: there it hashes wherever
    it can, and compiles nothing for the costs that it then expects. -#}
{% macro postgres__create_table_as(temporary, relation, sql) -%}
    set local enable_nestloop = off;
    set local jit = off;
    {{ dbt.postgres__create_table_as(temporary, relation, sql) }}
    {%- if not temporary %}
    analyze {{ relation }};
    {%- endif %}
{%- endmacro %}
