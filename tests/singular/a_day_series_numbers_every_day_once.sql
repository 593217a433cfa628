-- A series that lacks a day leaves a hole in every curve that is drawn over it.
with counts as (
    {%- for n_days in [1, 10, 11, 100, 366] %}
        select
            {{ n_days }} as n_days,
            count(*) as n_rows,
            count(distinct day_number) as n_numbers,
            min(day_number) as first_number,
            max(day_number) as last_number
        from {{ day_series(n_days) }}
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
)

select *
from counts
where
    n_rows <> n_days
    or n_numbers <> n_days
    or first_number <> 0
    or last_number <> n_days - 1
