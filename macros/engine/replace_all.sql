{#- Replaces every match of a regular expression in a text (no backslashes in it). -#}
{% macro replace_all(text, regex, replacement) %}
    {{- return(adapter.dispatch('replace_all', 'crm_hygiene')(text, regex, replacement)) -}}
{% endmacro %}

{% macro default__replace_all(text, regex, replacement) -%}
    regexp_replace({{ text }}, '{{ regex }}', '{{ replacement }}')
{%- endmacro %}

{% macro duckdb__replace_all(text, regex, replacement) -%}
    regexp_replace({{ text }}, '{{ regex }}', '{{ replacement }}', 'g')
{%- endmacro %}

{% macro postgres__replace_all(text, regex, replacement) -%}
    regexp_replace({{ text }}, '{{ regex }}', '{{ replacement }}', 'g')
{%- endmacro %}
