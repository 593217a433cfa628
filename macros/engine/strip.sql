{#- A text without white space of any kind at its ends; NULL where nothing is left. -#}
{% macro strip(text) %}
    {{- return(adapter.dispatch('strip', 'crm_hygiene')(text)) -}}
{% endmacro %}

{#- Blank, tab, line breaks, no-break space, zero-width space, byte-order mark. -#}
{% macro white_space() %}
    {{- return("' \t\n\r\u000b\u000c\u00a0\u200b\ufeff'") -}}
{% endmacro %}

{% macro default__strip(text) -%}
    nullif(trim({{ text }}, {{ crm_hygiene.white_space() }}), '')
{%- endmacro %}

{#- Most texts have nothing to trim, and a look at both ends costs a tenth of a trim. -#}
{% macro duckdb__strip(text) -%}
    case
        when {{ text }} between '!' and '~' and substr({{ text }}, -1) between '!' and '~' then {{ text }}
        else {{ crm_hygiene.default__strip(text) }}
    end
{%- endmacro %}

{% macro postgres__strip(text) -%}
    nullif(btrim({{ text }}, {{ crm_hygiene.white_space() }}), '')
{%- endmacro %}

{% macro spark__strip(text) -%}
    nullif(trim(both {{ crm_hygiene.white_space() }} from {{ text }}), '')
{%- endmacro %}
