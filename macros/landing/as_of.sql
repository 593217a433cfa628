{#- The instant at which the CRM is looked at, as a UTC timestamp literal: the variable `as_of` (a date means
    00:00 UTC of it), else the demo's last instant for the demo, else the start of the run. -#}
{% macro as_of() %}
    {%- set given = var('as_of', none) -%}
    {%- if given is none -%}
        {%- set given = demo_as_of() if is_demo() else run_started_at -%}
    {%- endif -%}
    {%- set text = (given | string).strip().replace('Z', '+00:00') -%}
    {%- if not modules.re.match(
        '^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?([+-][0-9]{2}:[0-9]{2})?)?$', text
    ) -%}
        {{ exceptions.raise_compiler_error(
            "as_of is '" ~ given ~ "'; write a date (2026-03-31) or an instant (2026-03-31T18:00:00+02:00)."
        ) }}
    {%- endif -%}
    {%- set instant = modules.datetime.datetime.fromisoformat(text) -%}
    {%- if instant.tzinfo -%}
        {%- set instant = instant.astimezone(modules.pytz.utc) -%}
    {%- endif -%}
    {{ return("cast('" ~ instant.strftime('%Y-%m-%d %H:%M:%S.%f') ~ "' as " ~ dbt.type_timestamp() ~ ")") }}
{% endmacro %}


{#- Whether as_of was given and is more than a day later than the start of the run: a day, since somewhere it is
    tomorrow already. -#}
{% macro is_future() %}
    {{ return(var('as_of', none) is not none and crm_hygiene.as_of().split("'")[1] > crm_hygiene.latest_instant().split("'")[1]) }}
{% endmacro %}


{#- The latest as_of of which anything is kept, as a UTC timestamp literal. -#}
{% macro latest_instant() %}
    {%- set instant = run_started_at + modules.datetime.timedelta(days=1) -%}
    {{ return("cast('" ~ instant.strftime('%Y-%m-%d %H:%M:%S.%f') ~ "' as " ~ dbt.type_timestamp() ~ ")") }}
{% endmacro %}


{#- A condition that is false where as_of lies in the future: of such a look nothing is kept. -#}
{% macro as_of_is_kept() -%}
    {{ as_of() }} <= {{ latest_instant() }}
{%- endmacro %}


{#- The start of the run as a UTC timestamp literal: no landed event can be later. -#}
{% macro run_start() %}
    {{ return("cast('" ~ run_started_at.strftime('%Y-%m-%d %H:%M:%S.%f') ~ "' as " ~ dbt.type_timestamp() ~ ")") }}
{% endmacro %}
