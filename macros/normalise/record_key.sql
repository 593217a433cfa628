{#- The key of a record in every mart: crm:object_type:record_id. -#}
{% macro record_key(crm, object_type, record_id) -%}
    {{ crm }} || ':' || {{ object_type }} || ':' || {{ record_id }}
{%- endmacro %}
