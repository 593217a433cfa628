{#- What an event of a deal brings (int_pipeline__events): numbers that begin to hold, and what counts gain or lose. -#}
{% macro deal_event_columns() %}
    {{ return([
        'stage_number', 'owner_number', 'amount_number', 'close_date_number', 'forecast_category_number', 'push', 'two_way',
        'touch', 'contact', 'meeting',
    ]) }}
{% endmacro %}


{#- The columns of an event: those given, and NULL for the others. -#}
{% macro deal_event(given, at) -%}
    {%- for column in crm_hygiene.deal_event_columns() %}
    cast({{ given.get(column, 'null') }} as {{ dbt.type_int() }}) as {{ column }},
    {%- endfor %}
    {{ at }} as event_at
{%- endmacro %}


{#- An instant moved by a window of the policy, in days. -#}
{% macro days_after(at, window) -%}
    {{ crm_hygiene.later(at, 86400, crm_hygiene.threshold(window)) }}
{%- endmacro %}
