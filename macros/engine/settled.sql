{#- A double to so many digits after the point: the bits after them depend on the order in which its parts were added, and the
    same landing is to give the same marts. -#}
{% macro settled(value, digits=9) -%}
    cast(cast({{ value }} as decimal(28, {{ digits }})) as {{ type_double() }})
{%- endmacro %}
