-- One row per target, fit, CRM, level, pipeline, segment, team and currency: what was booked when
-- the fit was made, what is expected of the open deals and of deals that did not exist yet, how far
-- that may be off, and, of fits whose end is past, what came.
{%- set fit = ['target', 'fit_number', 'crm'] %}
{%- set place = ['level', 'pipeline', 'segment', 'team', 'currency'] %}
{%- set key = fit + place %}
with forecasts as (
    select * from {{ ref('int_pipeline__forecasts') }}
),

looks as (
    select * from {{ ref('int_pipeline__looks') }}
),

calibration as (
    select * from {{ ref('int_pipeline__calibration') }}
),

panel as (
    select * from {{ ref('int_pipeline__panel') }}
),

window_wins as (
    select * from {{ ref('int_pipeline__window_wins') }}
),

wins as (
    select * from {{ ref('int_pipeline__wins') }}
),

deals as (
    select * from {{ ref('int_pipeline__deals') }}
),

as_was as {{ inlined() }} (
    select * from {{ ref('int_pipeline__as_was') }}
    where not is_open
),

levels as (
    select level from {{ forecast_level_rows() }}
),

fits as (
    select
        calibration.target,
        calibration.fit_number,
        calibration.crm,
        calibration.status,
        looks.fitted_at,
        looks.fit_starts_at,
        looks.fit_ends_at
    from calibration
    inner join looks
        on
            calibration.target = looks.target
            and calibration.fit_number = looks.fit_number
    where looks.is_fitted
),

leveled_deals as (
    select
        forecasts.target,
        forecasts.fit_number,
        forecasts.crm,
        {{ forecast_level_columns('forecasts') }},
        forecasts.currency,
        coalesce(forecasts.amount, 0) as amount,
        forecasts.probability,
        forecasts.plain_stage_rate,
        forecasts.expected_amount,
        forecasts.amount_variance,
        forecasts.fit_deviation
    from forecasts
    cross join levels
),

open_parts as (
    select
        {{ key | join(', ') }},
        count(*) as n_open,
        sum(amount) as open_amount,
        sum(probability) as expected_wins,
        sum(expected_amount) as open_expected,
        sum(amount_variance) + sum(fit_deviation) * sum(fit_deviation) as open_variance,
        max(expected_amount) as largest_expected,
        sum(cast(amount as {{ type_double() }}) * plain_stage_rate) as stage_rate_expected
    from leveled_deals
    group by {{ key | join(', ') }}
),

-- The panel's instants of a CRM, the latest first: the latest weighs most.
panel_instants as (
    select distinct
        {{ fit | join(', ') }},
        instant_at
    from panel
    where not is_fitted
),

weighed_instants as (
    select
        *,
        row_number() over (partition by {{ fit | join(', ') }} order by instant_at) as weight,
        count(*) over (partition by {{ fit | join(', ') }}) as n_instants
    from panel_instants
),

instant_weights as (
    select
        *,
        2 * cast(weight as {{ type_double() }}) / (n_instants * (n_instants + 1)) as share
    from weighed_instants
),

new_wins as (
    select
        instants.target,
        instants.fit_number,
        instants.crm,
        {{ forecast_level_columns('window_wins') }},
        window_wins.currency,
        instants.instant_at,
        instants.share,
        instants.n_instants,
        cast(window_wins.won_amount as {{ type_double() }}) as won_amount
    from instant_weights as instants
    inner join window_wins
        on {{ same('instants', 'window_wins', ['target', 'crm', 'instant_at']) }}
    cross join levels
    where not window_wins.was_open
),

new_at_instants as (
    select
        {{ key | join(', ') }},
        instant_at,
        share,
        n_instants,
        sum(won_amount) as won_amount
    from new_wins
    group by {{ key | join(', ') }}, instant_at, share, n_instants
),

-- Instants without such a win are zeros.
new_parts as (
    select
        {{ key | join(', ') }},
        sum(share * won_amount) as new_expected,
        case
            when max(n_instants) > 1
                then
                    (
                        sum(share * won_amount * won_amount)
                        - sum(share * won_amount) * sum(share * won_amount)
                    )
                    * max(n_instants) / (max(n_instants) - 1)
        end as new_variance
    from new_at_instants
    group by {{ key | join(', ') }}
),

booked as (
    select
        wins.won_at,
        wins.won_until,
        deals.crm,
        deals.pipeline,
        deals.segment,
        deals.currency,
        coalesce(as_was.owner_team, '') as team,
        coalesce(as_was.amount, 0) as won_amount
    from wins
    inner join deals on wins.record_sk = deals.record_sk
    inner join as_was
        on wins.record_sk = as_was.record_sk and wins.won_at = as_was.instant_at
),

booked_wins as (
    select
        fits.target,
        fits.fit_number,
        fits.crm,
        {{ forecast_level_columns('booked') }},
        booked.currency,
        booked.won_amount
    from fits
    inner join booked
        on
            fits.crm = booked.crm
            and fits.fit_starts_at <= booked.won_at
            and fits.fitted_at >= booked.won_at
            and (booked.won_until is null or fits.fitted_at < booked.won_until)
    cross join levels
    where fits.target = 'period'
),

booked_parts as (
    select
        {{ key | join(', ') }},
        count(*) as n_booked,
        sum(won_amount) as booked_amount
    from booked_wins
    group by {{ key | join(', ') }}
),

came as (
    select
        fits.target,
        fits.fit_number,
        fits.crm,
        {{ forecast_level_columns('window_wins') }},
        window_wins.currency,
        window_wins.was_open,
        window_wins.n_won,
        window_wins.won_amount
    from fits
    inner join window_wins
        on
            fits.target = window_wins.target
            and fits.crm = window_wins.crm
            and fits.fitted_at = window_wins.instant_at
    cross join levels
),

came_parts as (
    select
        {{ key | join(', ') }},
        sum(case when was_open then n_won else 0 end) as open_wins,
        sum(won_amount) as came_amount
    from came
    group by {{ key | join(', ') }}
),

keys as (
    {%- for part in ['open', 'new', 'booked', 'came'] %}
        select {{ key | join(', ') }} from {{ part }}_parts
        {%- if not loop.last %}

            union
        {% endif %}
    {%- endfor %}
),

joined as (
    select
        keys.*,
        fits.status,
        fits.fitted_at,
        fits.fit_starts_at,
        fits.fit_ends_at,
        coalesce(open_parts.n_open, 0) as n_open,
        coalesce(open_parts.open_amount, 0) as open_amount,
        coalesce(booked_parts.n_booked, 0) as n_booked,
        coalesce(booked_parts.booked_amount, 0) as booked_amount,
        coalesce(open_parts.expected_wins, 0) as expected_wins,
        coalesce(open_parts.open_expected, 0) as open_expected,
        coalesce(open_parts.open_variance, 0) as open_variance,
        coalesce(open_parts.largest_expected, 0) as largest_expected,
        coalesce(open_parts.stage_rate_expected, 0) as stage_rate_expected,
        round(cast(coalesce(new_parts.new_expected, 0) as {{ type_amount() }}), 2)
            as new_expected,
        coalesce(new_parts.new_variance, 0) as new_variance,
        coalesce(came_parts.open_wins, 0) as open_wins,
        coalesce(came_parts.came_amount, 0) as came_amount
    from keys
    inner join fits on {{ same('keys', 'fits', fit) }}
    {%- for part in ['open', 'new', 'booked', 'came'] %}
        left join {{ part }}_parts on {{ same('keys', part ~ '_parts', key) }}
    {%- endfor %}
),

final as (
    select
        {{ key | join(', ') }},
        status,
        fitted_at,
        fit_starts_at,
        fit_ends_at,
        n_open,
        open_amount,
        n_booked,
        booked_amount,
        {%- for column in [
            'expected_wins', 'open_expected', 'largest_expected', 'stage_rate_expected',
            'new_expected',
        ] %}
            case when status = 'ok' then {{ column }} end as {{ column }},
        {%- endfor %}
        case when status = 'ok' then booked_amount + open_expected + new_expected end
            as total_expected,
        case when status = 'ok' then sqrt(open_variance + new_variance) end as total_deviation,
        case when fit_ends_at <= {{ as_of() }} then open_wins end as open_wins,
        case when fit_ends_at <= {{ as_of() }} then booked_amount + came_amount end
            as actual_amount
    from joined
)

select * from final
