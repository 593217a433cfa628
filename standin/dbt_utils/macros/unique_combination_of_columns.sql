{# Fails with a row for each combination that occurs more than once; nulls are equal to one another. #}
{% test unique_combination_of_columns(model, combination_of_columns, quote_columns=false) %}
  {{ return(adapter.dispatch('test_unique_combination_of_columns', 'dbt_utils')(
    model, combination_of_columns, quote_columns
  )) }}
{% endtest %}

{% macro default__test_unique_combination_of_columns(model, combination_of_columns, quote_columns=false) %}
  {% set columns = [] %}
  {% for column in combination_of_columns %}
    {% do columns.append(adapter.quote(column) if quote_columns else column) %}
  {% endfor %}
select {{ columns | join(', ') }}
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endmacro %}
