-- One row per signal, CRM, object type, segment and day shown: how often it occurred in the day's
-- window, what was usual, and how bad that is. Also where nothing was exposed.
{% set double = type_double() %}
{% set bigint = dbt.type_bigint() %}
{% set counts = ['numerator', 'denominator', 'baseline_numerator', 'baseline_denominator'] %}

with populations as (
    select * from {{ ref('int_signals__populations') }}
),

segment_moves as (
    select * from {{ ref('int_signals__daily_moves') }}
),

policy as (
    select
        cast({{ threshold('rate_history_days') }} as integer) as history_days,
        cast({{ threshold('minimum_sample') }} as {{ bigint }}) as minimum_sample
),

thresholds as (
    {{ thresholds_in_force(['defaults.threshold_id']) }}
),

days as (
    select
        -days_back.day_number as day_number,
        cast({{ later(as_of(), -86400, 'days_back.day_number') }} as date) as signal_date
    from {{ day_series(1000, 'days_back') }}
    cross join policy
    where days_back.day_number <= policy.history_days
),

moves as (
    select
        signal,
        crm,
        object_type,
        segment,
        day_number,
        {%- for count in counts %}
            {{ count }}_move{% if not loop.last %},{% endif %}
        {%- endfor %}
    from segment_moves

    union all

    select
        signal,
        crm,
        object_type,
        'all' as segment,
        day_number,
        {%- for count in counts %}
            sum({{ count }}_move) as {{ count }}_move{% if not loop.last %},{% endif %}
        {%- endfor %}
    from segment_moves
    group by signal, crm, object_type, day_number
),

moving as (
    select distinct
        signal,
        crm,
        object_type,
        segment
    from moves
),

summed as (
    select
        moving.signal,
        moving.crm,
        moving.object_type,
        moving.segment,
        days.signal_date,
        {%- for count in counts %}
            sum(coalesce(moves.{{ count }}_move, 0)) over (
                partition by moving.signal, moving.crm, moving.object_type, moving.segment
                order by days.day_number
            ) as {{ count }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from moving
    cross join days
    left join moves
        on
            moving.signal = moves.signal
            and moving.crm = moves.crm
            and moving.object_type = moves.object_type
            and (moving.segment is not distinct from moves.segment)
            and days.day_number = moves.day_number
),

-- Of a period in whose last days nobody was exposed nothing is said, not even what was usual.
counted as (
    select summed.*
    from summed
    inner join populations
        on
            summed.signal = populations.signal
            and summed.crm = populations.crm
            and summed.object_type = populations.object_type
    where populations.rated_each = 'day' or summed.denominator > 0
),

segments as (
    select distinct
        signal,
        crm,
        object_type,
        segment
    from counted
    where segment is distinct from 'all'

    union

    select
        signal,
        crm,
        object_type,
        'all' as segment
    from populations
),

places as (
    select distinct
        crm,
        coalesce(segment, '') as segment
    from segments
),

scoped_limits as (
    {{ scoped_thresholds('places', ['crm', 'segment']) }}
),

grid as (
    select
        populations.*,
        segments.segment,
        days.signal_date
    from populations
    inner join segments
        on
            populations.signal = segments.signal
            and populations.crm = segments.crm
            and populations.object_type = segments.object_type
            and (populations.is_computable or segments.segment = 'all')
    cross join days
    where populations.rated_each = 'day' or {{ is_period_end('days.signal_date') }}
),

measured as (
    select
        grid.signal,
        grid.crm,
        grid.object_type,
        grid.segment,
        grid.signal_date,
        grid.is_computable,
        grid.limit_kind,
        {%- for count in counts %}
            cast(
                case when grid.is_computable then coalesce(counted.{{ count }}, 0) end
                as {{ bigint }}
            ) as {{ count }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from grid
    left join counted
        on
            grid.signal = counted.signal
            and grid.crm = counted.crm
            and grid.object_type = counted.object_type
            and (grid.segment is not distinct from counted.segment)
            and grid.signal_date = counted.signal_date
),

rated as (
    select
        *,
        cast(numerator as {{ double }}) / nullif(denominator, 0) as rate,
        cast(baseline_numerator as {{ double }}) / nullif(baseline_denominator, 0)
            as baseline_rate
    from measured
),

with_limits as (
    select
        rated.*,
        {%- for limit in ['watch', 'alert'] %}
            coalesce(scoped_{{ limit }}_limits.value, {{ limit }}_limits.value)
                as {{ limit }}_limit{% if not loop.last %},{% endif %}
        {%- endfor %}
    from rated
    left join thresholds as watch_limits on rated.signal || '__watch' = watch_limits.threshold_id
    left join thresholds as alert_limits on rated.signal || '__alert' = alert_limits.threshold_id
    {%- for limit in ['watch', 'alert'] %}
        left join scoped_limits as scoped_{{ limit }}_limits
            on
                rated.signal || '__{{ limit }}' = scoped_{{ limit }}_limits.threshold_id
                and rated.crm = scoped_{{ limit }}_limits.crm
                and coalesce(rated.segment, '') = scoped_{{ limit }}_limits.segment
    {%- endfor %}
),

-- What is told over the baseline is compared in whole numbers: exactly a quarter more than usual is
-- not more than that.
limited as (
    select
        with_limits.*,
        policy.minimum_sample,
        {%- for limit in ['watch', 'alert'] %}
            case
                when with_limits.limit_kind = 'absolute'
                    then cast(with_limits.{{ limit }}_limit as {{ double }})
                when with_limits.baseline_denominator >= policy.minimum_sample
                    then with_limits.baseline_rate * (1 + with_limits.{{ limit }}_limit)
            end as {{ limit }}_at,
            case
                when with_limits.limit_kind = 'absolute'
                    then with_limits.rate > cast(with_limits.{{ limit }}_limit as {{ double }})
                else
                    with_limits.numerator * with_limits.baseline_denominator
                    > with_limits.denominator * with_limits.baseline_numerator
                    * (1 + with_limits.{{ limit }}_limit)
            end as is_over_{{ limit }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from with_limits
    cross join policy
),

final as (
    select
        signal,
        crm,
        object_type,
        segment,
        signal_date,
        signal_date = max(signal_date) over (partition by signal, crm, object_type) as is_last_day,
        {{ counts | join(',\n        ') }},
        {%- for share in ['rate', 'baseline_rate', 'watch_at', 'alert_at'] %}
            cast({{ share }} as decimal(9, 6)) as {{ share }},
        {%- endfor %}
        case
            when not is_computable then 'not_landed'
            when denominator < minimum_sample or alert_at is null then 'insufficient_data'
            when is_over_alert then 'alert'
            when is_over_watch then 'watch'
            else 'ok'
        end as status
    from limited
)

select * from final
