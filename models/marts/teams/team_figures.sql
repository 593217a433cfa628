{%- set text = dbt.type_string() -%}
{%- set bigint = dbt.type_bigint() -%}
{%- set double = type_double() -%}
{%- set can_delete = target.type in ('duckdb', 'postgres', 'redshift', 'snowflake') -%}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert' if can_delete else 'insert_overwrite',
    unique_key='figure_date' if can_delete else none,
    partition_by=(
        {'field': 'figure_date', 'data_type': 'date'} if target.type == 'bigquery'
        else none if can_delete else ['figure_date']
    ),
    on_schema_change='append_new_columns'
) }}
-- Every run writes the day of its as_of anew; other days stay.
with counts as (
    {%- for segment in ["'all'", 'segment'] %}
        select
            figure,
            crm,
            {{ segment }} as segment,
            count(case when is_counted then 1 end) as numerator,
            count(*) as denominator,
            percentile_cont(0.5) within group (order by hours) as median_hours
        from {{ ref('team_figure_records') }}
        group by figure, crm{{ ', segment' if segment == 'segment' }}
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

-- All segments together are always told of, also where there is nothing to judge.
measured as (
    select
        populations.figure,
        populations.crm,
        populations.is_landed,
        populations.missing_inputs,
        case when counts.figure is null then 'all' else counts.segment end as segment,
        case when populations.is_landed then coalesce(counts.numerator, 0) end as numerator,
        case when populations.is_landed then coalesce(counts.denominator, 0) end as denominator,
        cast(counts.numerator as {{ double }}) / counts.denominator as value,
        counts.median_hours
    from {{ ref('int_teams__populations') }} as populations
    left join counts
        on populations.figure = counts.figure and populations.crm = counts.crm
),

signed as (
    select
        measured.*,
        figures.team,
        figures.object_type,
        figures.unit,
        figures.direction,
        cast(figures.target as {{ double }}) as target,
        cast(figures.alert_at as {{ double }}) as alert_at,
        case when figures.direction = 'higher_is_better' then -1 else 1 end as sign
    from measured
    inner join {{ ref('team_figure_register') }} as figures on measured.figure = figures.figure
),

final as (
    select
        {%- for column in ['crm', 'team', 'figure', 'object_type', 'segment'] %}
            cast({{ column }} as {{ text }}) as {{ column }},
        {%- endfor %}
        cast({{ as_of() }} as date) as figure_date,
        cast(numerator as {{ bigint }}) as numerator,
        cast(denominator as {{ bigint }}) as denominator,
        cast(value as decimal(28, 6)) as value,
        cast(median_hours as decimal(28, 6)) as median_hours,
        cast(unit as {{ text }}) as unit,
        cast(direction as {{ text }}) as direction,
        cast(target as decimal(28, 6)) as target,
        cast(alert_at as decimal(28, 6)) as alert_at,
        cast(
            case
                when not is_landed then 'not_landed'
                when denominator < {{ threshold('minimum_sample') }} then 'insufficient_data'
                when sign * value > sign * alert_at then 'alert'
                when sign * value > sign * target then 'watch'
                else 'ok'
            end as {{ text }}
        ) as status,
        cast(missing_inputs as {{ text }}) as missing_inputs,
        {{ as_of() }} as as_of
    from signed
)

select * from final
