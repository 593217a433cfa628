{#- The same as literal_rows() for plain texts; of one column, rows may be a list of texts:
    `select crm from {{ text_rows(['crm'], crm_sources()) }}` has a row for each CRM that is read. -#}
{% macro text_rows(columns, rows) -%}
    {%- set literals = [] -%}
    {%- for row in rows -%}
        {%- set literal = [] -%}
        {%- for value in ([row] if row is string else row) -%}
            {%- do literal.append('null' if value is none else crm_hygiene.text_literal(value)) -%}
        {%- endfor -%}
        {%- do literals.append(literal) -%}
    {%- endfor -%}
    {{- crm_hygiene.literal_rows(columns, literals) -}}
{%- endmacro %}
