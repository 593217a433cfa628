{#- The median of the exact numbers of a group, to their own six digits: half of the two in the middle, which engines
    work out to different digits by themselves. -#}
{% macro median(value) -%}
    cast((
        percentile_disc(0.5) within group (order by {{ value }})
        + percentile_disc(0.5) within group (order by {{ value }} desc)
    ) * 0.5 as {{ crm_hygiene.type_amount() }})
{%- endmacro %}
