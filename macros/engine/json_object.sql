{#- A JSON object of columns as text: {"id": "1", "name": null}. Takes a dict of key -> SQL expression. -#}
{% macro json_object(values) %}
    {{- return(adapter.dispatch('json_object', 'crm_hygiene')(values)) -}}
{% endmacro %}

{% macro default__json_object(values) -%}
    {%- set parts = [] -%}
    {%- for key, expression in values.items() -%}
        {%- set text = 'cast(' ~ expression ~ ' as ' ~ dbt.type_string() ~ ')' -%}
        {%- do parts.append(
            "'\"" ~ key ~ "\": ' || coalesce('\"' || replace(replace(" ~ text ~ ", chr(92), chr(92) || chr(92)), '\"', chr(92) || '\"') || '\"', 'null')"
        ) -%}
    {%- endfor -%}
    '{' || {{ parts | join(" || ', ' || ") }} || '}'
{%- endmacro %}

{% macro duckdb__json_object(values) -%}
    cast(json_object(
        {%- for key, expression in values.items() %}
            '{{ key }}', cast({{ expression }} as varchar){{ ',' if not loop.last }}
        {%- endfor %}
    ) as varchar)
{%- endmacro %}
