-- threshold() is a scalar subquery: one that finds no value gives NULL, and every comparison with it is silently
-- false. One that finds two is an error or, on some engines, either of them.
{%- set read_by_models = ['first_value_seconds'] %}

with read_by_models as (
    {%- for threshold_id in read_by_models %}
    select
        '{{ threshold_id }}' as threshold_id,
        {{ threshold(threshold_id) }} as value
        {%- if not loop.last %}
    union all
        {%- endif %}
    {%- endfor %}
)

select * from read_by_models
where value is null
