{#- A text as a SQL literal, whatever is in it: for values that a person gives. -#}
{% macro text_literal(text) %}
    {{- return(adapter.dispatch('text_literal', 'crm_hygiene')(text | string)) -}}
{% endmacro %}

{#- Engines that read a backslash in a literal as an escape. -#}
{% macro default__text_literal(text) -%}
    '{{ text | replace("\\", "\\\\") | replace("'", "\\'") }}'
{%- endmacro %}

{% macro duckdb__text_literal(text) -%}
    '{{ text | replace("'", "''") }}'
{%- endmacro %}

{% macro postgres__text_literal(text) -%}
    '{{ text | replace("'", "''") }}'
{%- endmacro %}
