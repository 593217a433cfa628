{#- DuckDB: a view names no catalog, which is the file's name, so that a copied or renamed file is read
    as well. Only where a schema is called as the file, that would leave it unclear which is meant. -#}
{% macro duckdb__create_view_as(relation, sql) -%}
    {%- set catalog = adapter.quote(relation.database) ~ '.' -%}
    {%- set body = sql if catalog ~ catalog in sql else sql | replace(catalog, '') -%}
    {{- return(dbt.duckdb__create_view_as(relation, body)) -}}
{%- endmacro %}
