{%- set text = dbt.type_string() -%}
{%- set bigint = dbt.type_bigint() -%}
{%- set double = type_double() -%}
{%- set can_delete = target.type in ('duckdb', 'postgres', 'redshift', 'snowflake') -%}
{%- set limits = {
    'A': threshold('grade__a'),
    'B': threshold('grade__b'),
    'C': threshold('grade__c'),
    'D': threshold('grade__d'),
} -%}
{%- set severities = ['critical', 'high', 'medium', 'low'] -%}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert' if can_delete else 'insert_overwrite',
    unique_key='metric_date' if can_delete else none,
    partition_by=(
        {'field': 'metric_date', 'data_type': 'date'} if target.type == 'bigquery'
        else none if can_delete else ['metric_date']
    ),
    on_schema_change='append_new_columns'
) }}
-- Every run writes the day of its as_of anew; other days stay.
with worst as (
    select
        record_key,
        min(
            case severity
                {%- for severity in severities %}
                    when '{{ severity }}' then {{ loop.index }}
                {%- endfor %}
            end
        ) as rank_of_worst
    from {{ ref('data_health_findings') }}
    group by record_key
),

records as (
    select
        checks.crm,
        checks.object_type,
        worst.record_key is null as is_clean,
        worst.rank_of_worst
    from {{ ref('int_health__record_checks') }} as checks
    left join worst on checks.record_key = worst.record_key
),

counted as (
    {%- for object_type in ['object_type', "'all'"] %}
        select
            crm,
            {{ object_type }} as object_type,
            {%- for severity in severities %}
                count(case when rank_of_worst = {{ loop.index }} then 1 end) as n_{{ severity }},
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

{% if is_incremental() -%}
week_before as (
    select
        crm,
        object_type,
        clean_share
    from {{ this }}
    where metric_date = cast({{ later(as_of(), -86400, 7) }} as date)
),

{% endif -%}

shared as (
    select
        counted.*,
        cast(
            cast(counted.n_without_finding as {{ double }}) / counted.n_live_records
            as decimal(9, 6)
        ) as clean_share,
        {% if is_incremental() -%}
            week_before.clean_share
        {%- else -%}
            cast(null as decimal(9, 6))
        {%- endif %} as earlier_share
    from counted
    {%- if is_incremental() %}
        left join week_before
            on counted.crm = week_before.crm and counted.object_type = week_before.object_type
    {%- endif %}
),

final as (
    select
        cast(crm as {{ text }}) as crm,
        cast(object_type as {{ text }}) as object_type,
        cast({{ as_of() }} as date) as metric_date,
        cast(n_live_records as {{ bigint }}) as n_live_records,
        cast(n_without_finding as {{ bigint }}) as n_without_finding,
        clean_share,
        cast(clean_share - earlier_share as decimal(9, 6)) as change_in_a_week,
        cast(
            case
                {%- for grade, limit in limits.items() %}
                    when n_without_finding >= {{ limit }} * n_live_records then '{{ grade }}'
                {%- endfor %}
                else 'F'
            end as {{ text }}
        ) as grade,
        {%- for severity in severities %}
            cast(n_{{ severity }} as {{ bigint }}) as n_worst_{{ severity }},
        {%- endfor %}
        {{ as_of() }} as as_of
    from shared
)

select * from final
