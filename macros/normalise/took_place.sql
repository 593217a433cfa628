{#- Whether an activity took place, by its status: not one that was called off, missed or put off, nor a mail that bounced.
    One without a status did. -#}
{% macro took_place(status) -%}
    coalesce({{ status }}, 'done') not in ('canceled', 'cancelled', 'no_show', 'rescheduled', 'bounced')
{%- endmacro %}
