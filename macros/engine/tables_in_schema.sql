{#- The names of the tables and views in a schema, as the engine spells them; an empty list where there is no such
    schema. -#}
{% macro tables_in_schema(database, schema) %}
    {{- return(adapter.dispatch('tables_in_schema', 'crm_hygiene')(database, schema)) -}}
{% endmacro %}

{% macro default__tables_in_schema(database, schema) %}
    {{ return(run_query(
        'select table_name from ' ~ database ~ ".information_schema.tables where lower(table_schema) = lower('"
        ~ schema ~ "')"
    ).columns[0].values() | list) }}
{% endmacro %}

{#- One information schema covers all attached databases. -#}
{% macro duckdb__tables_in_schema(database, schema) %}
    {{ return(run_query(
        "select table_name from information_schema.tables where lower(table_schema) = lower('" ~ schema
        ~ "') and lower(table_catalog) = lower('" ~ database ~ "')"
    ).columns[0].values() | list) }}
{% endmacro %}

{% macro postgres__tables_in_schema(database, schema) %}
    {{ return(crm_hygiene.duckdb__tables_in_schema(database, schema)) }}
{% endmacro %}

{% macro spark__tables_in_schema(database, schema) %}
    {%- set schemas = run_query('show schemas').columns[0].values() | map('lower') | list -%}
    {%- if schema | lower not in schemas -%} {{ return([]) }} {%- endif -%}
    {{ return(run_query('show tables in ' ~ schema).columns[1].values() | list) }}
{% endmacro %}

{% macro databricks__tables_in_schema(database, schema) %}
    {{ return(crm_hygiene.default__tables_in_schema(database, schema)) }}
{% endmacro %}

{% macro bigquery__tables_in_schema(database, schema) %}
    {%- if not adapter.check_schema_exists(database, schema) -%} {{ return([]) }} {%- endif -%}
    {{ return(run_query(
        'select table_name from `' ~ database ~ '`.`' ~ schema ~ '`.information_schema.tables'
    ).columns[0].values() | list) }}
{% endmacro %}
