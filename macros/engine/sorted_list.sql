{#- The texts of a group in one text, sorted. -#}
{% macro sorted_list(text) %}
    {{- return(adapter.dispatch('sorted_list', 'crm_hygiene')(text)) -}}
{% endmacro %}

{% macro default__sorted_list(text) -%}
    {{ dbt.listagg(text, "', '", 'order by ' ~ text) }}
{%- endmacro %}

{#- Spark's list has no order of its own. -#}
{% macro spark__sorted_list(text) -%}
    array_join(sort_array(collect_list({{ text }})), ', ')
{%- endmacro %}
