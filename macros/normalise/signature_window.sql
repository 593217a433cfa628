{#- The window of the failure signatures that holds an instant up to as_of: `current`, `previous`, else NULL. A window ends
    with its last instant and starts after the end of the one before. -#}
{% macro signature_window(instant) -%}
    case
        when {{ instant }} > {{ crm_hygiene.signature_window_end(1) }} then 'current'
        when {{ instant }} > {{ crm_hygiene.signature_window_end(2) }} then 'previous'
    end
{%- endmacro %}


{#- The end of the nth window before the current one, which ends with as_of. -#}
{% macro signature_window_end(n) -%}
    {{ crm_hygiene.later(crm_hygiene.as_of(), -86400, n ~ ' * ' ~ crm_hygiene.threshold('signature_window_days')) }}
{%- endmacro %}
