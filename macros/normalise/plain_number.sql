{#- The text of a number in its shortest plain form, so that 10000.0 and 10000 are one value; NULL where the text is
    no number. -#}
{% macro plain_number(text) -%}
    {{- crm_hygiene.plain_decimal(crm_hygiene.parse_value(text, 'text', 'numeric')) -}}
{%- endmacro %}


{#- The same of a decimal, or of its text. Some engines write one without places: the nought of 10 is no place. -#}
{% macro plain_decimal(number) -%}
    {%- set text = 'cast(' ~ number ~ ' as ' ~ dbt.type_string() ~ ')' -%}
    case
        when {{ text }} like '%.%' then {{ adapter.dispatch('without_noughts', 'crm_hygiene')(text) }}
        else {{ text }}
    end
{%- endmacro %}

{% macro default__without_noughts(text) -%}
    rtrim(rtrim({{ text }}, '0'), '.')
{%- endmacro %}

{% macro spark__without_noughts(text) -%}
    trim(trailing '.' from trim(trailing '0' from {{ text }}))
{%- endmacro %}
