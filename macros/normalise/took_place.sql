{#- Whether an activity took place, by its status: not one that was called off, missed or put off, nor a mail that bounced.
    One without a status did. -#}
{% macro took_place(status) -%}
    coalesce({{ status }}, 'done') not in ('canceled', 'cancelled', 'no_show', 'rescheduled', 'bounced')
{%- endmacro %}

{#- Whether an activity is one of the record that a link names: it took place, and is no mail that a machine sends a person. -#}
{% macro is_touch(activity, link) -%}
    (
        {{ activity }}.is_live
        and not {{ activity }}.is_planned
        and {{ took_place(activity ~ '.status') }}
        and not (
            {{ link }}.object_type in ('contact', 'lead')
            and coalesce({{ activity }}.is_automated, false)
            and coalesce({{ activity }}.activity_type, '') = 'email'
            and coalesce({{ activity }}.direction, '') <> 'inbound'
        )
    )
{%- endmacro %}
