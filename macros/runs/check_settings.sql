{#- Stops a run before its first step where a variable cannot be meant so: a time zone that nobody knows, an as_of in the
    future that no future_as_of asks for. -#}
{% macro check_settings() %}
    {%- if execute -%}
        {%- set zone = var('business_timezone') | string -%}
        {%- if zone not in modules.pytz.all_timezones_set -%}
            {{ exceptions.raise_compiler_error(
                "business_timezone is '" ~ zone ~ "', which is no time zone; write a name such as Europe/Berlin or UTC."
            ) }}
        {%- endif -%}
        {%- if crm_hygiene.is_future() and not var('future_as_of', false) -%}
            {{ exceptions.raise_compiler_error(
                "as_of is '" ~ var('as_of') ~ "', and the clock says " ~ run_started_at.strftime('%Y-%m-%d %H:%M')
                ~ " UTC: is the year right? For a look into the future, of which nothing is kept, say future_as_of: true."
            ) }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
