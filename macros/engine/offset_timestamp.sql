{#- A text with an instant and its offset (2026-01-31T18:00:00+0200, ...Z) as a UTC timestamp; NULL where the engine
    can tell that there is no such instant. -#}
{% macro offset_timestamp(text) %}
    {{- return(adapter.dispatch('offset_timestamp', 'crm_hygiene')(text)) -}}
{% endmacro %}

{% macro default__offset_timestamp(text) -%}
    {{ exceptions.raise_compiler_error('offset_timestamp() has no variant for ' ~ target.type ~ ' yet.') }}
{%- endmacro %}

{#- DuckDB reads neither a blank before the offset nor a lower-case z. -#}
{% macro duckdb__offset_timestamp(text) -%}
    (try_cast(regexp_replace(upper({{ text }}), ' ([+-])', '\1') as timestamptz) at time zone 'UTC')
{%- endmacro %}

{% macro postgres__offset_timestamp(text) -%}
    (case
        when {{ crm_hygiene.try_cast('substring(' ~ text ~ ', 1, 19)', 'timestamp') }} is not null
            then cast({{ text }} as timestamptz)
    end at time zone 'UTC')
{%- endmacro %}

{% macro spark__offset_timestamp(text) -%}
    try_to_timestamp(replace(upper({{ text }}), ' +', '+'))
{%- endmacro %}

{% macro snowflake__offset_timestamp(text) -%}
    cast(convert_timezone('UTC', try_to_timestamp_tz({{ text }})) as timestamp_ntz)
{%- endmacro %}

{% macro bigquery__offset_timestamp(text) -%}
    safe_cast({{ text }} as timestamp)
{%- endmacro %}
