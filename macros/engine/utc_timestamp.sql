{#- A timestamp with time zone as a UTC timestamp without. -#}
{% macro utc_timestamp(value) %}
    {{- return(adapter.dispatch('utc_timestamp', 'crm_hygiene')(value)) -}}
{% endmacro %}

{% macro default__utc_timestamp(value) -%}
    {{ exceptions.raise_compiler_error('utc_timestamp() has no variant for ' ~ target.type ~ ' yet.') }}
{%- endmacro %}

{% macro duckdb__utc_timestamp(value) -%}
    ({{ value }} at time zone 'UTC')
{%- endmacro %}

{% macro postgres__utc_timestamp(value) -%}
    ({{ value }} at time zone 'UTC')
{%- endmacro %}

{% macro spark__utc_timestamp(value) -%}
    cast({{ value }} as timestamp)
{%- endmacro %}

{% macro snowflake__utc_timestamp(value) -%}
    cast(convert_timezone('UTC', {{ value }}) as timestamp_ntz)
{%- endmacro %}

{% macro bigquery__utc_timestamp(value) -%}
    cast({{ value }} as timestamp)
{%- endmacro %}
