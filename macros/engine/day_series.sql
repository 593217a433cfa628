{#- A from-clause item that numbers days, in the column `day_number` from 0 to n_days - 1:
    `from {{ day_series(1000) }}`, or `cross join {{ day_series(1000, 'back') }}` with a name of its own. -#}
{% macro day_series(n_days, alias='day_series') %}
    {{- return(adapter.dispatch('day_series', 'crm_hygiene')(n_days, alias)) -}}
{% endmacro %}

{#- Every engine joins ten digits with themselves; few have a series, and each its own. -#}
{% macro default__day_series(n_days, alias) -%}
    {%- set places = (n_days - 1) | string | length -%}
    {%- set terms = [] -%}
    {%- for place in range(places) -%}
        {%- do terms.append('digits_' ~ place ~ '.digit * ' ~ 10 ** place) -%}
    {%- endfor -%}
    (
        select cast({{ terms | join(' + ') }} as integer) as day_number
        from {% for place in range(places) %}
            {{- '\n        cross join ' if not loop.first -}}
            (
                select digit
                from {{ crm_hygiene.literal_rows(['digit'], [['0'], ['1'], ['2'], ['3'], ['4'], ['5'], ['6'], ['7'], ['8'], ['9']]) }}
            ) as digits_{{ place }}
        {%- endfor %}
        where {{ terms | join(' + ') }} < {{ n_days }}
    ) as {{ alias }}
{%- endmacro %}
