{#- Finds rows in which any of several columns has no value, and says which of them. One test of a model instead of one a
    column: the model is read once, and dbt has fewer tests to parse and to run.
      columns  names of columns that have a value in every row -#}
{% test not_null_columns(model, columns) %}
    {%- set missing = [] -%}
    {%- for column in columns -%}
        {%- do missing.append("case when " ~ column ~ " is null then '" ~ column ~ " ' else '' end") -%}
    {%- endfor %}
with tested as (
    select * from {{ model }}
)

select
    tested.*,
    trim({{ dbt.concat(missing) }}) as columns_without_value
from tested
where
    {%- for column in columns %}
    {{ 'or ' if not loop.first }}{{ column }} is null
    {%- endfor %}
{% endtest %}
