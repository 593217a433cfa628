{#- The instant n calendar months before as_of; a record is n months old at or before it. -#}
{% macro months_before_as_of(months) -%}
    cast({{ dbt.dateadd('month', -months, crm_hygiene.as_of()) }} as {{ dbt.type_timestamp() }})
{%- endmacro %}
