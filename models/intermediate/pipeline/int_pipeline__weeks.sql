-- One row per week that the flow of the pipeline is shown for: those that have ended by as_of, the
-- last one 1.
{%- set this_week = dbt.date_trunc('week', business_time(as_of())) %}
with weeks as (
    select day_number + 1 as week_number
    from {{ day_series(400) }}
),

local_weeks as (
    select
        week_number,
        cast({{ dbt.dateadd(
            'day', 'cast(-7 * (week_number) as integer)', this_week
        ) }} as {{ dbt.type_timestamp() }}) as started_local,
        cast({{ dbt.dateadd(
            'day', 'cast(-7 * (week_number - 1) as integer)', this_week
        ) }} as {{ dbt.type_timestamp() }}) as ended_local
    from weeks
),

final as (
    select
        week_number,
        cast(started_local as date) as week_date,
        {{ business_instant('started_local') }} as week_starts_at,
        {{ business_instant('ended_local') }} as week_ends_at
    from local_weeks
    where week_number <= {{ threshold('pipeline_flow__weeks') }}
)

select * from final
