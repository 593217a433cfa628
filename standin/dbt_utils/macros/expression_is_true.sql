{# Fails with the rows for which the expression is false; unknown (null) passes. On a column, the expression follows its name. #}
{% test expression_is_true(model, expression, column_name=none) %}
  {{ return(adapter.dispatch('test_expression_is_true', 'dbt_utils')(model, expression, column_name)) }}
{% endtest %}

{% macro default__test_expression_is_true(model, expression, column_name=none) %}
select *
from {{ model }}
where not ({{ column_name if column_name is not none }} {{ expression }})
{% endmacro %}
