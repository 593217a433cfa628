{#- Seconds from an instant to as_of, exact to the microsecond; NULL for NULL. -#}
{% macro seconds_before_as_of(instant) -%}
    {{ crm_hygiene.seconds_between(instant, crm_hygiene.as_of()) }}
{%- endmacro %}
