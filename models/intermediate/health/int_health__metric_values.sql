-- One row per metric × CRM × object type × segment at as_of: its value, and how it stands to its
-- target.
{{ config(materialized='view') }}

{%- set double = type_double() %}
{%- set rates = [
    'contacts_active_90d', 'accounts_with_open_opportunity', 'duplicate_rate',
    'past_close_no_next_step', 'closed_lost_no_reason', 'owned_by_inactive_user', 'hard_bounced',
    'missing_required_fields', 'consent_coverage', 'do_not_contact',
] %}

with checks as (
    select * from {{ ref('int_health__record_checks') }}
),

populations as (
    select * from {{ ref('int_health__populations') }}
),

metrics as (
    select * from {{ ref('health_metrics') }}
),

by_segment as (
    select
        crm,
        object_type,
        segment,
        {%- for metric in rates %}
            count(case when {{ metric }} then 1 end) as {{ metric }}_numerator,
            count({{ metric }}) as {{ metric }}_denominator,
        {%- endfor %}
        sum(time_in_stage) as time_in_stage_numerator,
        count(time_in_stage) as time_in_stage_denominator
    from checks
    group by crm, object_type, segment
),

segment_counts as (
    {%- for metric in rates + ['time_in_stage'] %}
        select
            '{{ metric }}' as metric,
            crm,
            object_type,
            segment,
            cast({{ metric }}_numerator as decimal(28, 6)) as numerator,
            cast({{ metric }}_denominator as {{ dbt.type_bigint() }}) as denominator
        from by_segment
        where {{ metric }}_denominator > 0
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

counts as (
    select
        metric,
        crm,
        object_type,
        segment,
        numerator,
        denominator
    from segment_counts

    union all

    select
        metric,
        crm,
        object_type,
        'all' as segment,
        sum(numerator) as numerator,
        sum(denominator) as denominator
    from segment_counts
    group by metric, crm, object_type
),

medians as (
    {%- for segment in ['segment', "'all'"] %}
        select
            'time_in_stage' as metric,
            crm,
            object_type,
            {{ segment }} as segment,
            {{ median('time_in_stage') }} as median_value
        from checks
        where time_in_stage is not null
        group by crm, object_type{{ ', segment' if segment == 'segment' }}
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

-- All segments together are always told of, also where there is nothing to judge.
rows_told as (
    select
        populations.metric,
        populations.crm,
        populations.object_type,
        'all' as segment,
        populations.is_landed,
        populations.missing_inputs
    from populations

    union all

    select
        populations.metric,
        populations.crm,
        populations.object_type,
        counts.segment,
        populations.is_landed,
        populations.missing_inputs
    from populations
    inner join segment_counts as counts
        on
            populations.metric = counts.metric
            and populations.crm = counts.crm
            and populations.object_type = counts.object_type
),

measured as (
    select
        rows_told.metric,
        rows_told.crm,
        rows_told.object_type,
        rows_told.segment,
        rows_told.is_landed,
        rows_told.missing_inputs,
        case when rows_told.is_landed then coalesce(counts.numerator, 0) end as numerator,
        case when rows_told.is_landed then coalesce(counts.denominator, 0) end as denominator,
        cast(counts.numerator as {{ double }}) / nullif(counts.denominator, 0) as value,
        medians.median_value,
        metrics.unit,
        metrics.direction,
        cast(metrics.target as {{ double }}) as target,
        cast(metrics.alert_at as {{ double }}) as alert_at
    from rows_told
    inner join metrics on rows_told.metric = metrics.metric
    left join counts
        on
            rows_told.metric = counts.metric
            and rows_told.crm = counts.crm
            and rows_told.object_type = counts.object_type
            and (rows_told.segment is not distinct from counts.segment)
    left join medians
        on
            rows_told.metric = medians.metric
            and rows_told.crm = medians.crm
            and rows_told.object_type = medians.object_type
            and (rows_told.segment is not distinct from medians.segment)
),

final as (
    select
        *,
        {{ status_of_value(threshold('minimum_sample')) }} as status
    from measured
)

select * from final
