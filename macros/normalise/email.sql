{#- An e-mail address as it is compared: trimmed, lower case. NULL where blank. -#}
{% macro normalised_email(email) -%}
    lower({{ crm_hygiene.strip(email) }})
{%- endmacro %}
