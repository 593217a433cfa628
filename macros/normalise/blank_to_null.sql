{#- A text, NULL where it is blank: white space only, the word null, or a placeholder of the seed blank_placeholders
    (joined by the caller on the lower-case stripped text). The word null cannot stand in a seed: dbt reads it
    as NULL on some engines. -#}
{% macro blank_to_null(value, placeholder) -%}
    case
        when {{ crm_hygiene.is_blank(value) }} then null
        when {{ placeholder }} is not null then null
        when lower({{ crm_hygiene.strip(value) }}) = 'null' then null
        else {{ value }}
    end
{%- endmacro %}
