-- One row per CRM × target × level × pipeline × segment × team × currency: what is booked, what is
-- expected, and how far that may be off.
{%- set text = dbt.type_string() %}
with totals as (
    select * from {{ ref('int_pipeline__totals') }}
    where fit_number = 0 and target <> 'week_before'
),

bands as (
    select * from {{ ref('int_pipeline__bands') }}
    where fit_number = 0
),

{%- set key = ['target', 'crm', 'level', 'pipeline', 'segment', 'team', 'currency'] %}

final as (
    select
        cast(totals.crm as {{ text }}) as crm,
        cast(totals.target as {{ text }}) as target,
        cast(totals.fit_ends_at as {{ dbt.type_timestamp() }}) as target_ends_at,
        cast(totals.level as {{ text }}) as level,
        {%- for column in ['pipeline', 'segment', 'team', 'currency'] %}
            cast(nullif(totals.{{ column }}, '') as {{ text }}) as {{ column }},
        {%- endfor %}
        cast(totals.status as {{ text }}) as status,
        cast(totals.n_open as {{ dbt.type_bigint() }}) as n_open,
        cast(totals.n_booked as {{ dbt.type_bigint() }}) as n_booked,
        {{ settled('totals.expected_wins') }} as expected_wins,
        {%- for column in [
            'open_amount', 'booked_amount', 'open_expected', 'new_expected', 'total_expected',
        ] %}
            cast(totals.{{ column }} as {{ type_amount() }}) as {{ column }},
        {%- endfor %}
        {{ settled('totals.total_deviation', 2) }} as total_deviation,
        -- What is booked is booked.
        {%- for share in [50, 80, 90] %}
            cast(
                case
                    when totals.total_expected - bands.width_{{ share }} < totals.booked_amount
                        then totals.booked_amount
                    else totals.total_expected - bands.width_{{ share }}
                end as {{ type_amount() }}
            ) as low_{{ share }},
            cast(totals.total_expected + bands.width_{{ share }} as {{ type_amount() }})
                as high_{{ share }},
        {%- endfor %}
        cast(bands.band_basis as {{ text }}) as band_basis,
        cast(bands.n_residuals as {{ dbt.type_bigint() }}) as n_residuals,
        {{ settled('totals.largest_expected / nullif(totals.total_expected, 0)') }}
            as largest_share,
        {{ as_of() }} as as_of
    from totals
    left join bands on {{ same('totals', 'bands', key) }}
)

select * from final
