{#- Joins the piece of int_calendar__working_time that an instant lies in, under an alias: the look-up of worked_seconds().
      calendar  the team whose hours count, as the model has it -#}
{% macro working_time_at(alias, calendar, instant) -%}
    left join working_time as {{ alias }}
        on
            {{ calendar }} = {{ alias }}.calendar
            and cast({{ instant }} as date) = {{ alias }}.calendar_day
            and {{ instant }} >= {{ alias }}.starts_at
            and {{ instant }} < {{ alias }}.next_at
{%- endmacro %}


{#- Business seconds from the calendar's beginning to an instant, by the piece that it lies in: two of them make a duration. -#}
{% macro worked_seconds(alias, instant) -%}
    ({{ alias }}.seconds_before + {{ crm_hygiene.seconds_between(
        alias ~ '.starts_at',
        'case when ' ~ instant ~ ' < ' ~ alias ~ '.ends_at then ' ~ instant ~ ' else ' ~ alias ~ '.ends_at end'
    ) }})
{%- endmacro %}


{#- Whether an instant lies within working hours, by its piece; NULL where the calendar does not tell. -#}
{% macro is_worked(alias, instant) -%}
    ({{ instant }} < {{ alias }}.ends_at)
{%- endmacro %}
