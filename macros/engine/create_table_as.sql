{#- PostgreSQL plans a join of a table that it has not counted yet as if it held next to nothing: a nested loop over
    thousands of rows. So each is counted as soon as it is made. -#}
{% macro postgres__create_table_as(temporary, relation, sql) -%}
    {{ dbt.postgres__create_table_as(temporary, relation, sql) }}
    {%- if not temporary %}
    analyze {{ relation }};
    {%- endif %}
{%- endmacro %}
