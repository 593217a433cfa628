-- One row per target, fit and instant that the fit looks at: the panel's earlier instants, whose
-- outcomes were known when it was made, and the instant of the fit itself. Fit 0 is that of as_of,
-- the others are made as they would have been then, to see how good they were.
{%- set days = {'30d': 30, '60d': 60, '90d': 90} %}
{%- set local_now = business_time(as_of()) %}
{%- set months = period_months() %}
with steps as (
    select day_number as n_back from {{ day_series(400) }}
),

periods as (
    select
        steps.n_back,
        cast({{ dbt.dateadd(
            'month', 'cast(-' ~ months ~ ' * steps.n_back as integer)',
            business_period_start(local_now)
        ) }} as {{ dbt.type_timestamp() }}) as started_local,
        cast({{ dbt.dateadd(
            'month', 'cast(' ~ months ~ ' * (1 - steps.n_back) as integer)',
            business_period_start(local_now)
        ) }} as {{ dbt.type_timestamp() }}) as ended_local,
        cast({{ dbt.dateadd(
            'month', 'cast(' ~ months ~ ' * (2 - steps.n_back) as integer)',
            business_period_start(local_now)
        ) }} as {{ dbt.type_timestamp() }}) as next_ended_local,
        {{ seconds_between(local_now, business_period_end(local_now)) }} as seconds_left
    from steps
    where steps.n_back <= 40
),

-- A shorter period has no day so many days before its end: its first instant stands for it.
at_same_days_left as (
    select
        n_back,
        started_local,
        ended_local,
        next_ended_local,
        case
            when n_back = 0 then {{ local_now }}
            when {{ later('ended_local', -1, 'seconds_left') }} < started_local then started_local
            else {{ later('ended_local', -1, 'seconds_left') }}
        end as instant_local,
        {{ later('ended_local', -1, '(seconds_left + 604800)') }} as week_before_local
    from periods
),

candidates as (
    {%- for target, ends in {
        'period': 'ended_local', 'next_period': 'next_ended_local'
    }.items() %}
        select
            '{{ target }}' as target,
            n_back = 0 as is_now,
            {{ business_instant('instant_local') }} as instant_at,
            {{ business_instant(ends) }} as ends_at,
            {{ business_instant('started_local') }} as starts_at
        from at_same_days_left

        union all
    {% endfor %}
    -- What was said a week ago of the period that runs.
    select
        'week_before' as target,
        n_back = 0 as is_now,
        {{ business_instant('week_before_local') }} as instant_at,
        {{ business_instant('ended_local') }} as ends_at,
        {{ business_instant('started_local') }} as starts_at
    from at_same_days_left
    {%- for target, n_days in days.items() %}

        union all

        select
            '{{ target }}' as target,
            false as is_now,
            week_end_at as instant_at,
            {{ later('week_end_at', 86400, n_days) }} as ends_at,
            week_end_at as starts_at
        from (
            select
                {{ business_instant(
                    'cast(' ~ dbt.dateadd(
                        'day', 'cast(-7 * n_back as integer)', dbt.date_trunc('week', local_now)
                    ) ~ ' as ' ~ dbt.type_timestamp() ~ ')'
                ) }} as week_end_at
            from steps
        ) as week_ends

        union all

        select
            '{{ target }}' as target,
            true as is_now,
            {{ as_of() }} as instant_at,
            {{ later(as_of(), 86400, n_days) }} as ends_at,
            {{ as_of() }} as starts_at
    {%- endfor %}
),

with_kind as (
    select
        *,
        target in ('{{ days | join("', '") }}') as is_weekly
    from candidates
    where is_now or (ends_at <= {{ as_of() }} and instant_at < {{ as_of() }})
),

ranked as (
    select
        *,
        row_number() over (partition by target, is_now order by instant_at desc) as place
    from with_kind
),

spaced as (
    select
        target,
        is_weekly,
        is_now,
        instant_at as fitted_at,
        ends_at as fit_ends_at,
        starts_at as fit_starts_at,
        case
            when is_now then 0
            when is_weekly
                then
                    (place - 1)
                    / cast(
                        {{ threshold('forecast_backtest__weeks_apart') }} as {{ type_double() }}
                    )
                    + 1
            else place
        end as fit_place
    from ranked
),

fits as (
    select
        target,
        is_weekly,
        fitted_at,
        fit_ends_at,
        fit_starts_at,
        cast(fit_place as integer) as fit_number
    from spaced
    where
        fit_place = cast(fit_place as integer)
        and fit_place <= {{ threshold('forecast_backtest__periods') }}
        and (is_now or target <> 'week_before')
),

panels as (
    select
        fits.*,
        ranked.instant_at,
        ranked.ends_at,
        row_number() over (
            partition by fits.target, fits.fit_number order by ranked.instant_at desc
        ) as panel_place
    from fits
    inner join ranked
        on
            fits.target = ranked.target
            and fits.fitted_at >= ranked.ends_at
            and fits.fitted_at > ranked.instant_at
    where not ranked.is_now
),

final as (
    select
        target,
        fit_number,
        is_weekly,
        fitted_at,
        fit_starts_at,
        fit_ends_at,
        instant_at,
        ends_at,
        false as is_fitted,
        panel_place
    from panels
    where
        panel_place <= case
            when is_weekly then {{ threshold('forecast__weeks') }}
            else {{ threshold('forecast__periods') }}
        end

    union all

    select
        target,
        fit_number,
        is_weekly,
        fitted_at,
        fit_starts_at,
        fit_ends_at,
        fitted_at as instant_at,
        fit_ends_at as ends_at,
        true as is_fitted,
        0 as panel_place
    from fits
)

select * from final
