-- One row per target, fit, CRM, factor and band: the log of the likelihood ratio by which a deal in
-- the band is won rather than not, beyond what its cell and the factors before it say, shrunk to
-- none. What is not known says nothing.
{%- set fit = ['target', 'fit_number', 'crm'] %}
{%- set cell = fit + ['pipeline', 'stage', 'stage_days_band'] %}
{%- set factors = forecast_factors() %}
with panel as (
    select * from {{ ref('int_pipeline__panel') }}
    where not is_fitted and not is_calibration
),

cells as (
    select * from {{ ref('int_pipeline__cells') }}
),

alike as (
    select
        {{ cell | join(', ') }},
        {%- for factor in factors %}
            {{ factor }}_band,
        {%- endfor %}
        count(*) as n_seen,
        sum(case when is_won then 1 else 0 end) as n_seen_won,
        sum(weight) as n_deals
    from panel
    group by
        {{ cell | join(', ') }}
        {%- for factor in factors %},
            {{ factor }}_band
        {%- endfor %}
),

scored_0 as {{ materialized() }} (
    select
        alike.*,
        {{ log_odds('cells.base_probability') }} as score
    from alike
    inner join cells on {{ same('alike', 'cells', cell) }}
),

{%- for factor in factors %}

{{ factor }}_counts as {{ materialized() }} (
    select
        {{ fit | join(', ') }},
        {{ factor }}_band as band,
        sum(n_deals) as n_deals,
        sum(n_seen_won) / cast(sum(n_seen) as {{ type_double() }}) as won_rate,
        sum(n_seen * {{ from_log_odds('score') }}) / sum(n_seen) as expected_rate
    from scored_{{ loop.index0 }}
    group by {{ fit | join(', ') }}, {{ factor }}_band
),

{{ factor }}_weights as {{ materialized() }} (
    select
        *,
        case
            when band = 'not_known' then 0
            else
                {{ log_odds(shrunk('n_deals * won_rate', 'n_deals', 'expected_rate')) }}
                - {{ log_odds('expected_rate') }}
        end as weight
    from {{ factor }}_counts
),

scored_{{ loop.index }} as {{ materialized() }} (
    select
        {%- for column in fit %}
            before.{{ column }},
        {%- endfor %}
        {%- for later in factors[loop.index:] %}
            before.{{ later }}_band,
        {%- endfor %}
        before.n_seen,
        before.n_seen_won,
        before.n_deals,
        before.score + weights.weight as score
    from scored_{{ loop.index0 }} as before
    inner join {{ factor }}_weights as weights
        on
            {{ same('before', 'weights', fit) }}
            and before.{{ factor }}_band = weights.band
),
{%- endfor %}

final as (
    {%- for factor in factors %}
        select
            {{ fit | join(', ') }},
            '{{ factor }}' as factor,
            band,
            n_deals,
            won_rate,
            expected_rate,
            weight
        from {{ factor }}_weights
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
)

select * from final
