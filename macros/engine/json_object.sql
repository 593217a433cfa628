{#- A JSON object of columns as text, the same on every engine: {"id":"1","name":null}. Takes a dict of key -> SQL
    expression. -#}
{% macro json_object(values) %}
    {{- return(adapter.dispatch('json_object', 'crm_hygiene')(values)) -}}
{% endmacro %}

{% macro default__json_object(values) -%}
    {%- set parts = [] -%}
    {%- for key, expression in values.items() -%}
        {%- set text = 'cast(' ~ expression ~ ' as ' ~ dbt.type_string() ~ ')' -%}
        {%- do parts.append("'\"" ~ key ~ "\":' || coalesce(" ~ crm_hygiene.json_text(text) ~ ", 'null')") -%}
    {%- endfor -%}
    '{' || {{ parts | join(" || ',' || ") }} || '}'
{%- endmacro %}

{% macro duckdb__json_object(values) -%}
    cast(json_object(
        {%- for key, expression in values.items() %}
            '{{ key }}', cast({{ expression }} as varchar){{ ',' if not loop.last }}
        {%- endfor %}
    ) as varchar)
{%- endmacro %}


{#- A text as JSON has it, in quotes; NULL for NULL. -#}
{% macro json_text(text) %}
    {{- return(adapter.dispatch('json_text', 'crm_hygiene')(text)) -}}
{% endmacro %}

{% macro default__json_text(text) -%}
    {%- set ns = namespace(escaped="replace(" ~ text ~ ", chr(92), chr(92) || chr(92))") -%}
    {%- for code, letter in {34: '"', 8: 'b', 9: 't', 10: 'n', 12: 'f', 13: 'r'}.items() -%}
        {%- set ns.escaped = "replace(" ~ ns.escaped ~ ", chr(" ~ code ~ "), chr(92) || '" ~ letter ~ "')" -%}
    {%- endfor -%}
    '"' || {{ ns.escaped }} || '"'
{%- endmacro %}

{% macro postgres__json_text(text) -%}
    cast(to_json({{ text }}) as text)
{%- endmacro %}
