{#- A from-clause item that gives one row per part of a delimited text, in the column `part`:
    `from contacts, {{ split_rows('merged_ids', ';') }}`. A NULL text gives no row. -#}
{% macro split_rows(text, delimiter, alias='parts') %}
    {{- return(adapter.dispatch('split_rows', 'crm_hygiene')(text, delimiter, alias)) -}}
{% endmacro %}

{% macro default__split_rows(text, delimiter, alias) -%}
    {{ exceptions.raise_compiler_error('split_rows() has no variant for ' ~ target.type ~ ' yet.') }}
{%- endmacro %}

{% macro duckdb__split_rows(text, delimiter, alias) -%}
    unnest(string_split({{ text }}, '{{ delimiter }}')) as {{ alias }} (part)
{%- endmacro %}

{% macro postgres__split_rows(text, delimiter, alias) -%}
    unnest(string_to_array({{ text }}, '{{ delimiter }}')) as {{ alias }} (part)
{%- endmacro %}

{% macro spark__split_rows(text, delimiter, alias) -%}
    lateral explode(split({{ text }}, '{{ delimiter }}')) as {{ alias }} (part)
{%- endmacro %}

{% macro snowflake__split_rows(text, delimiter, alias) -%}
    lateral (select value as part from table(split_to_table({{ text }}, '{{ delimiter }}'))) as {{ alias }}
{%- endmacro %}

{% macro bigquery__split_rows(text, delimiter, alias) -%}
    unnest(split({{ text }}, '{{ delimiter }}')) as part
{%- endmacro %}
