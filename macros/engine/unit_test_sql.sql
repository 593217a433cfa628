{#- PostgreSQL forgets how many digits a calculated number is declared to have, and dbt compares texts: 1.000000 would
    differ from 1. There numbers are compared without the noughts at their ends. -#}
{% macro postgres__get_unit_test_sql(main_sql, expected_fixture_sql, expected_column_names) -%}
    {%- set columns = [] -%}
    {%- for name in expected_column_names -%}
        {%- set text = 'cast(' ~ name ~ ' as text)' -%}
        {%- do columns.append(
            'case when pg_typeof(' ~ name ~ ") = cast('numeric' as regtype) then cast(trim_scale(cast(" ~ text
            ~ ' as numeric)) as text) else ' ~ text ~ ' end as ' ~ name
        ) -%}
    {%- endfor -%}
    {{- dbt.default__get_unit_test_sql(
        'select ' ~ columns | join(', ') ~ ' from (\n' ~ main_sql ~ '\n) as made',
        'select ' ~ columns | join(', ') ~ ' from (\n' ~ expected_fixture_sql ~ '\n) as told',
        expected_column_names
    ) -}}
{%- endmacro %}

{% macro redshift__get_unit_test_sql(main_sql, expected_fixture_sql, expected_column_names) -%}
    {{- dbt.default__get_unit_test_sql(main_sql, expected_fixture_sql, expected_column_names) -}}
{%- endmacro %}
