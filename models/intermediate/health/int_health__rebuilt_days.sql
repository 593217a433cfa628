-- One row per earlier day whose health metrics are rebuilt: the last twelve month ends, and the day
-- of as_of in each of the eight weeks before.
{%- set month_start
    = 'cast(' ~ dbt.date_trunc('month', dbt.dateadd('month', '-day_number', as_of()))
    ~ ' as ' ~ dbt.type_timestamp() ~ ')' %}
with weeks as (
    select {{ later(as_of(), -86400, '7 * (day_number + 1)') }} as seen_at
    from {{ day_series(8) }}
),

month_ends as (
    select {{ later(month_start, -1, 1) }} as seen_at
    from {{ day_series(12) }}
),

instants as (
    select seen_at from weeks

    union all

    select seen_at from month_ends
),

final as (
    select
        cast(seen_at as date) as metric_date,
        max(seen_at) as seen_at
    from instants
    group by cast(seen_at as date)
)

select * from final
