{#- A landed value, where it is an id in the one form that is compared. Salesforce writes an id with 15 characters, or with 18
    that end in which of the 15 are capitals: both name the same record. For a CRM whose registration says so (`ids`), and its
    columns that are called id or end in _id.
      declared, column  of the sources file -#}
{% macro one_id(declared, column, expression) -%}
    {%- if crms().get(declared.source_name, {}).get('ids') == '15 or 18' and (column.name == 'id' or column.name.endswith('_id')) -%}
        {{ crm_hygiene.with_18_characters('cast(' ~ expression ~ ' as ' ~ dbt.type_string() ~ ')') }}
    {%- else -%}
        {{ expression }}
    {%- endif -%}
{%- endmacro %}


{#- An id of 15 characters with the three that tell its capitals; any other text as it is. -#}
{% macro with_18_characters(id) -%}
    case
        when length({{ id }}) = 15 then {{ id }}
        {%- for chunk in range(3) %} || substring(
            'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345',
            1
            {%- for bit in range(5) %} + case when {{ dbt.position(
                'substring(' ~ id ~ ', ' ~ (chunk * 5 + bit + 1) ~ ', 1)', "'ABCDEFGHIJKLMNOPQRSTUVWXYZ'"
            ) }} > 0 then {{ 2 ** bit }} else 0 end
            {%- endfor %},
            1
        )
        {%- endfor %}
        else {{ id }}
    end
{%- endmacro %}
