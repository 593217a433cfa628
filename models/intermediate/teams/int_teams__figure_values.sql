-- One row per figure × CRM × segment at as_of: its value, and how it stands to its target.
{{ config(materialized='view') }}

{%- set double = type_double() %}

with records as (
    select
        figure,
        crm,
        segment,
        is_counted,
        cast(hours as decimal(28, 6)) as hours
    from {{ ref('int_teams__figure_records') }}
),

populations as (
    select * from {{ ref('int_teams__populations') }}
),

figures as (
    select * from {{ ref('team_figure_register') }}
),

counts as (
    {%- for segment in ["'all'", 'segment'] %}
        select
            figure,
            crm,
            {{ segment }} as segment,
            count(case when is_counted then 1 end) as numerator,
            count(*) as denominator,
            {{ median('hours') }} as median_hours
        from records
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
        counts.median_hours,
        figures.team,
        figures.object_type,
        figures.unit,
        figures.direction,
        cast(figures.target as {{ double }}) as target,
        cast(figures.alert_at as {{ double }}) as alert_at
    from populations
    inner join figures on populations.figure = figures.figure
    left join counts
        on populations.figure = counts.figure and populations.crm = counts.crm
),

final as (
    select
        *,
        {{ status_of_value(threshold('minimum_sample')) }} as status
    from measured
)

select * from final
