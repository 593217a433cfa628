{%- set digits = [] -%}
{%- for digit in range(10) -%}{%- do digits.append([digit | string]) -%}{%- endfor -%}
with digits as (
    select digit from {{ literal_rows(['digit'], digits) }}
),

numbers as (
    select
        thousands.digit * 1000 + hundreds.digit * 100 + tens.digit * 10 + ones.digit
            as day_number
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    cross join digits as thousands
),

final as (
    select
        cast(
            {{ dbt.dateadd('day', 'day_number', "cast('2015-01-01' as date)") }} as date
        ) as calendar_date
    from numbers
)

select * from final
