{#- A timestamp moved by a policy value that is known at run time only, in units of so many seconds (negative: earlier). -#}
{% macro later(timestamp, unit_seconds, value) -%}
    cast({{ dbt.dateadd('second', 'cast(' ~ unit_seconds ~ ' * ' ~ value ~ ' as integer)', timestamp) }} as {{ dbt.type_timestamp() }})
{%- endmacro %}
