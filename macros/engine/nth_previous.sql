{#- The value n - 1 rows before, where n is a policy that is known at run time only: the first of n rows. -#}
{% macro nth_previous(value, n, partition_by, order_by) %}
    {{- return(adapter.dispatch('nth_previous', 'crm_hygiene')(value, n, partition_by, order_by)) -}}
{% endmacro %}

{#- Engines that take a constant distance only: up to ten. -#}
{% macro default__nth_previous(value, n, partition_by, order_by) -%}
    case cast({{ n }} as integer)
        {%- for rows in range(2, 11) %}
        when {{ rows }} then lag({{ value }}, {{ rows - 1 }}) over (partition by {{ partition_by }} order by {{ order_by }})
        {%- endfor %}
    end
{%- endmacro %}

{% macro duckdb__nth_previous(value, n, partition_by, order_by) -%}
    lag({{ value }}, cast({{ n }} as integer) - 1) over (partition by {{ partition_by }} order by {{ order_by }})
{%- endmacro %}

{% macro postgres__nth_previous(value, n, partition_by, order_by) -%}
    lag({{ value }}, cast({{ n }} as integer) - 1) over (partition by {{ partition_by }} order by {{ order_by }})
{%- endmacro %}
