{#- An instant (text with an offset, or a timestamp with time zone) as a UTC timestamp without time zone;
    a text that is no instant: NULL where the engine can tell, else the engine's error. -#}
{% macro utc_timestamp(value) %}
    {{- return(adapter.dispatch('utc_timestamp', 'crm_hygiene')(value)) -}}
{% endmacro %}

{% macro default__utc_timestamp(value) -%}
    {{ exceptions.raise_compiler_error('utc_timestamp() has no variant for ' ~ target.type ~ ' yet.') }}
{%- endmacro %}

{% macro duckdb__utc_timestamp(value) -%}
    (try_cast({{ value }} as timestamptz) at time zone 'UTC')
{%- endmacro %}

{% macro postgres__utc_timestamp(value) -%}
    (cast({{ value }} as timestamptz) at time zone 'UTC')
{%- endmacro %}

{% macro spark__utc_timestamp(value) -%}
    cast({{ value }} as timestamp)
{%- endmacro %}

{% macro snowflake__utc_timestamp(value) -%}
    convert_timezone('UTC', try_to_timestamp_tz(cast({{ value }} as string)))::timestamp_ntz
{%- endmacro %}

{% macro bigquery__utc_timestamp(value) -%}
    safe_cast({{ value }} as timestamp)
{%- endmacro %}
