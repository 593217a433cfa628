{#- A UTC instant as the clock of the variable business_timezone shows it (a timestamp without zone). -#}
{% macro business_time(instant) %}
    {{- return(adapter.dispatch('in_zone', 'crm_hygiene')(instant, "'UTC'", "'" ~ var('business_timezone') ~ "'")) -}}
{% endmacro %}


{#- What the clock of the variable business_timezone shows, as a UTC instant. -#}
{% macro business_instant(local_time) %}
    {{- return(adapter.dispatch('in_zone', 'crm_hygiene')(local_time, "'" ~ var('business_timezone') ~ "'", "'UTC'")) -}}
{% endmacro %}


{#- What the clock of a zone (an SQL expression, such as a column) shows, as a UTC instant. -#}
{% macro zone_instant(local_time, zone) %}
    {{- return(adapter.dispatch('in_zone', 'crm_hygiene')(local_time, zone, "'UTC'")) -}}
{% endmacro %}


{#- A timestamp that one zone's clock shows, as another zone's shows it; zones are SQL expressions. -#}
{% macro default__in_zone(timestamp, from_zone, to_zone) -%}
    {{ exceptions.raise_compiler_error('business_time() has no variant for ' ~ target.type ~ ' yet.') }}
{%- endmacro %}

{% macro duckdb__in_zone(timestamp, from_zone, to_zone) -%}
    {%- if from_zone == to_zone -%}
    {{ timestamp }}
    {%- else -%}
    (({{ timestamp }}) at time zone {{ from_zone }} at time zone {{ to_zone }})
    {%- endif -%}
{%- endmacro %}

{% macro postgres__in_zone(timestamp, from_zone, to_zone) -%}
    (({{ timestamp }}) at time zone {{ from_zone }} at time zone {{ to_zone }})
{%- endmacro %}

{% macro spark__in_zone(timestamp, from_zone, to_zone) -%}
    from_utc_timestamp(to_utc_timestamp({{ timestamp }}, {{ from_zone }}), {{ to_zone }})
{%- endmacro %}

{% macro snowflake__in_zone(timestamp, from_zone, to_zone) -%}
    convert_timezone({{ from_zone }}, {{ to_zone }}, {{ timestamp }})
{%- endmacro %}

{% macro bigquery__in_zone(timestamp, from_zone, to_zone) -%}
    timestamp(datetime({{ timestamp }}, {{ to_zone }}), {{ from_zone }})
{%- endmacro %}
