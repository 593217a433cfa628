{#- Money and other landed numbers: exact, so that sums do not depend on their order. -#}
{% macro type_amount() %}
    {{- return(adapter.dispatch('type_amount', 'crm_hygiene')()) -}}
{% endmacro %}

{% macro default__type_amount() -%} decimal(28, 6) {%- endmacro %}

{% macro bigquery__type_amount() -%} numeric {%- endmacro %}
