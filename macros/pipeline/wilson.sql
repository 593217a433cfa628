{#- The lower (side -1) or upper (side 1) end of Wilson's interval of a share, with 95 %; NULL of none. -#}
{% macro wilson(n_hit, n_all, side) -%}
    {%- set n = "cast(nullif(" ~ n_all ~ ", 0) as " ~ crm_hygiene.type_double() ~ ")" -%}
    {%- set p = n_hit ~ " / " ~ n -%}
    (
        ({{ p }} + 1.9208 / {{ n }} + {{ side }} * 1.96 * sqrt(({{ p }} * (1 - {{ p }}) + 0.9604 / {{ n }}) / {{ n }}))
        / (1 + 3.8416 / {{ n }})
    )
{%- endmacro %}
