{#- Seconds from one timestamp to another as a double, exact to the microsecond. (dbt.datediff counts boundaries: from
    00:00:00.9 to 00:00:01.1 it says one second.) -#}
{% macro seconds_between(first, second) %}
    {{- return(adapter.dispatch('seconds_between', 'crm_hygiene')(first, second)) -}}
{% endmacro %}

{% macro default__seconds_between(first, second) -%}
    {{ exceptions.raise_compiler_error('seconds_between() has no variant for ' ~ target.type ~ ' yet.') }}
{%- endmacro %}

{% macro duckdb__seconds_between(first, second) -%}
    (cast(date_diff('microsecond', {{ first }}, {{ second }}) as double) / 1000000)
{%- endmacro %}

{% macro postgres__seconds_between(first, second) -%}
    cast(extract(epoch from ({{ second }}) - ({{ first }})) as double precision)
{%- endmacro %}

{% macro spark__seconds_between(first, second) -%}
    (cast(unix_micros({{ second }}) - unix_micros({{ first }}) as double) / 1000000)
{%- endmacro %}

{% macro snowflake__seconds_between(first, second) -%}
    (cast(datediff('microsecond', {{ first }}, {{ second }}) as double) / 1000000)
{%- endmacro %}

{% macro bigquery__seconds_between(first, second) -%}
    (cast(timestamp_diff({{ second }}, {{ first }}, microsecond) as float64) / 1000000)
{%- endmacro %}
