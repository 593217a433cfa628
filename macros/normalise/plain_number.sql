{#- The text of a number in its shortest plain form, so that 10000.0 and 10000 are one value; NULL where the text is
    no number. -#}
{% macro plain_number(text) -%}
    {{- crm_hygiene.plain_decimal(crm_hygiene.parse_value(text, 'text', 'numeric')) -}}
{%- endmacro %}


{#- The same of a decimal with places behind the point. -#}
{% macro plain_decimal(number) %}
    {{- return(adapter.dispatch('plain_decimal', 'crm_hygiene')(number)) -}}
{% endmacro %}

{% macro default__plain_decimal(number) -%}
    rtrim(rtrim(cast({{ number }} as {{ dbt.type_string() }}), '0'), '.')
{%- endmacro %}

{% macro spark__plain_decimal(number) -%}
    trim(trailing '.' from trim(trailing '0' from cast({{ number }} as string)))
{%- endmacro %}
