{#- A count of milliseconds since 1970-01-01 (a bigint) as a UTC timestamp. -#}
{% macro epoch_timestamp(milliseconds) %}
    {{- return(adapter.dispatch('epoch_timestamp', 'crm_hygiene')(milliseconds)) -}}
{% endmacro %}

{% macro default__epoch_timestamp(milliseconds) -%}
    {{ exceptions.raise_compiler_error('epoch_timestamp() has no variant for ' ~ target.type ~ ' yet.') }}
{%- endmacro %}

{% macro duckdb__epoch_timestamp(milliseconds) -%}
    make_timestamp(({{ milliseconds }}) * 1000)
{%- endmacro %}

{% macro postgres__epoch_timestamp(milliseconds) -%}
    (to_timestamp(({{ milliseconds }}) / 1000.0) at time zone 'UTC')
{%- endmacro %}

{% macro spark__epoch_timestamp(milliseconds) -%}
    timestamp_millis({{ milliseconds }})
{%- endmacro %}

{% macro snowflake__epoch_timestamp(milliseconds) -%}
    to_timestamp_ntz({{ milliseconds }}, 3)
{%- endmacro %}

{% macro bigquery__epoch_timestamp(milliseconds) -%}
    timestamp_millis({{ milliseconds }})
{%- endmacro %}
