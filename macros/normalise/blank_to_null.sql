{#- A text, NULL where it is blank: white space only, the word null, or a placeholder of the seed blank_placeholders. The
    word null cannot stand in a seed: dbt reads it as NULL on some engines. The placeholders are compared as one text,
    since engines that take no IN with a subquery outside of a filter take a scalar one, and callers need no join. -#}
{% macro blank_to_null(value) -%}
    case
        when {{ crm_hygiene.is_blank(value) }} then null
        when {{ dbt.position(
            "'\u241f' || lower(" ~ crm_hygiene.strip(value) ~ ") || '\u241f'",
            "'\u241fnull\u241f' || coalesce((select " ~ dbt.listagg('placeholder', "'\u241f'") ~ " from "
            ~ ref('blank_placeholders') ~ "), '') || '\u241f'"
        ) }} > 0 then null
        else {{ value }}
    end
{%- endmacro %}
