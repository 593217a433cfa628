{%- set text = dbt.type_string() -%}
{%- set limits = {
    'p10': '0.1',
    'p50': '0.5',
    'p90': '0.9',
    'too_short_below': threshold('stage_dwell_anomaly__low_quantile'),
    'too_long_above': threshold('stage_dwell_anomaly__high_quantile'),
} -%}
with pivoted as (
    select
        crm,
        object_type,
        pipeline,
        stage,
        segment,
        is_all_segments,
        {%- for name, quantile in limits.items() %}
            max(
                case
                    when quantile = cast({{ quantile }} as decimal(6, 4)) then dwell_seconds / 86400
                end
            ) as {{ name }}_days,
        {%- endfor %}
        max(n_periods) as n_periods
    from {{ ref('int_signals__dwell_quantiles') }}
    group by crm, object_type, pipeline, stage, segment, is_all_segments
),

stages as (
    select
        crm,
        object_type,
        pipeline,
        stage,
        n_periods
    from pivoted
    where is_all_segments
),

final as (
    select
        cast(pivoted.crm as {{ text }}) as crm,
        cast(pivoted.object_type as {{ text }}) as object_type,
        cast(pivoted.pipeline as {{ text }}) as pipeline,
        cast(pivoted.stage as {{ text }}) as stage,
        cast(pivoted.segment as {{ text }}) as segment,
        cast(pivoted.n_periods as {{ dbt.type_bigint() }}) as n_periods,
        {%- for name in limits %}
            cast(pivoted.{{ name }}_days as {{ type_double() }}) as {{ name }}_days,
        {%- endfor %}
        cast(
            case
                when
                    not pivoted.is_all_segments
                    and pivoted.n_periods >= {{ threshold('dwell_minimum_periods') }}
                    then 'segment'
                when stages.n_periods >= {{ threshold('dwell_minimum_periods') }} then 'stage'
                else 'none'
            end as {{ text }}
        ) as basis
    from pivoted
    inner join stages
        on
            pivoted.crm = stages.crm
            and pivoted.object_type = stages.object_type
            and (pivoted.pipeline is not distinct from stages.pipeline)
            and (pivoted.stage is not distinct from stages.stage)
)

select * from final
