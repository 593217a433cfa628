-- One row per CRM × object type at as_of: its live records by their worst finding, and the grade
-- that the share without any earns: none where a finding cannot be judged, since it is not landed.
{{ config(materialized='view') }}

{%- set severities = ['critical', 'high', 'medium', 'low'] %}

with findings as (
    select * from {{ ref('int_health__findings') }}
),

checks as (
    select
        record_sk,
        crm,
        object_type
    from {{ ref('int_health__record_checks') }}
),

populations as (
    select * from {{ ref('int_health__populations') }}
),

metrics as (
    select
        metric,
        is_finding
    from {{ ref('health_metrics') }}
),

worst as (
    select
        record_sk,
        min(
            case severity
                {%- for severity in severities %}
                    when '{{ severity }}' then {{ loop.index }}
                {%- endfor %}
            end
        ) as rank_of_worst
    from findings
    group by record_sk
),

records as (
    select
        checks.crm,
        checks.object_type,
        worst.record_sk is null as is_clean,
        worst.rank_of_worst
    from checks
    left join worst on checks.record_sk = worst.record_sk
),

counted as (
    {%- for object_type in ['object_type', "'all'"] %}
        select
            crm,
            {{ object_type }} as object_type,
            {%- for severity in severities %}
                count(case when rank_of_worst = {{ loop.index }} then 1 end)
                    as n_worst_{{ severity }},
            {%- endfor %}
            count(case when is_clean then 1 end) as n_without_finding,
            count(*) as n_live_records
        from records
        group by crm{{ ', object_type' if object_type == 'object_type' }}
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

unjudged as (
    select
        populations.crm,
        populations.object_type,
        populations.metric
    from populations
    inner join metrics on populations.metric = metrics.metric
    inner join counted
        on
            populations.crm = counted.crm
            and populations.object_type = counted.object_type
    where metrics.is_finding and not populations.is_landed
),

unjudged_of_any as (
    select distinct
        crm,
        metric
    from unjudged
),

not_judged as (
    select
        crm,
        object_type,
        {{ sorted_list('metric') }} as metrics
    from unjudged
    group by crm, object_type

    union all

    select
        crm,
        'all' as object_type,
        {{ sorted_list('metric') }} as metrics
    from unjudged_of_any
    group by crm
),

joined as (
    select
        counted.*,
        not_judged.metrics as not_judged
    from counted
    left join not_judged
        on counted.crm = not_judged.crm and counted.object_type = not_judged.object_type
),

final as (
    select
        *,
        cast(
            cast(n_without_finding as {{ type_double() }}) / n_live_records as decimal(9, 6)
        ) as clean_share,
        case
            when not_judged is not null then null
            when n_without_finding >= {{ threshold('grade__a') }} * n_live_records then 'A'
            when n_without_finding >= {{ threshold('grade__b') }} * n_live_records then 'B'
            when n_without_finding >= {{ threshold('grade__c') }} * n_live_records then 'C'
            when n_without_finding >= {{ threshold('grade__d') }} * n_live_records then 'D'
            else 'F'
        end as grade
    from joined
)

select * from final
