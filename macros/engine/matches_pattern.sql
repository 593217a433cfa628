{#- The same as matches() for a regular expression given as an SQL expression, such as a column. -#}
{% macro matches_pattern(text, pattern) %}
    {{- return(adapter.dispatch('matches_pattern', 'crm_hygiene')(text, pattern)) -}}
{% endmacro %}

{% macro default__matches_pattern(text, pattern) %}
    {{ exceptions.raise_compiler_error('matches_pattern() has no variant for ' ~ target.type ~ ' yet.') }}
{% endmacro %}

{% macro duckdb__matches_pattern(text, pattern) -%}
    regexp_full_match({{ text }}, {{ pattern }})
{%- endmacro %}

{% macro postgres__matches_pattern(text, pattern) -%}
    ({{ text }} ~ ('^(' || {{ pattern }} || ')$'))
{%- endmacro %}

{% macro spark__matches_pattern(text, pattern) -%}
    ({{ text }} rlike concat('^(', {{ pattern }}, ')$'))
{%- endmacro %}

{% macro snowflake__matches_pattern(text, pattern) -%}
    rlike({{ text }}, {{ pattern }})
{%- endmacro %}

{% macro bigquery__matches_pattern(text, pattern) -%}
    regexp_contains({{ text }}, concat('^(', {{ pattern }}, ')$'))
{%- endmacro %}
