{#- A from-clause item with literal rows: rows is a list of lists of SQL literals. -#}
{% macro literal_rows(columns, rows) %}
    {{- return(adapter.dispatch('literal_rows', 'crm_hygiene')(columns, rows)) -}}
{% endmacro %}

{% macro default__literal_rows(columns, rows) -%}
    (
        values
        {%- for row in rows %}
        ({{ row | join(', ') }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as literal_rows ({{ columns | join(', ') }})
{%- endmacro %}

{% macro bigquery__literal_rows(columns, rows) -%}
    unnest([
        {%- for row in rows %}
        struct({% for value in row %}{{ value }} as {{ columns[loop.index0] }}{{ ', ' if not loop.last }}{% endfor %}){{ ',' if not loop.last }}
        {%- endfor %}
    ])
{%- endmacro %}
