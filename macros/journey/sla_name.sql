{#- The name of a service level as it is compared: case, blanks and hyphens aside. -#}
{% macro sla_name(sla) -%}
    lower(replace(replace({{ crm_hygiene.strip(sla) }}, ' ', '_'), '-', '_'))
{%- endmacro %}
