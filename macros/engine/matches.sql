{#- True where the whole text matches the regular expression (no anchors needed; a text without backslashes
    only: write [0-9] and [.]). NULL for a NULL text. -#}
{% macro matches(text, regex) %}
    {{- return(adapter.dispatch('matches', 'crm_hygiene')(text, regex)) -}}
{% endmacro %}

{% macro default__matches(text, regex) %}
    {{ exceptions.raise_compiler_error('matches() has no variant for ' ~ target.type ~ ' yet.') }}
{% endmacro %}

{% macro duckdb__matches(text, regex) -%}
    regexp_full_match({{ text }}, '{{ regex }}')
{%- endmacro %}

{% macro postgres__matches(text, regex) -%}
    ({{ text }} ~ '^({{ regex }})$')
{%- endmacro %}

{% macro spark__matches(text, regex) -%}
    ({{ text }} rlike '^({{ regex }})$')
{%- endmacro %}

{% macro snowflake__matches(text, regex) -%}
    rlike({{ text }}, '{{ regex }}')
{%- endmacro %}

{% macro bigquery__matches(text, regex) -%}
    regexp_contains({{ text }}, r'^({{ regex }})$')
{%- endmacro %}
