{#- A time of a day (a text as 09:00) as an instant without a zone. -#}
{% macro at_time(day, time) -%}
    cast({{ dbt.dateadd(
        'minute',
        'cast(substring(' ~ time ~ ', 1, 2) as integer) * 60 + cast(substring(' ~ time ~ ', 4, 2) as integer)',
        'cast(' ~ day ~ ' as ' ~ dbt.type_timestamp() ~ ')'
    ) }} as {{ dbt.type_timestamp() }})
{%- endmacro %}
