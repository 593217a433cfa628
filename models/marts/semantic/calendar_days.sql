-- One row per day from 2015-01-01 on, ten thousand of them: the time spine of the metrics.
select
    cast(
        {{ dbt.dateadd('day', 'day_number', "cast('2015-01-01' as date)") }} as date
    ) as calendar_date
from {{ day_series(10000) }}
