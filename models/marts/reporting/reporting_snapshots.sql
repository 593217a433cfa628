-- One row per CRM, report, closed period, part and currency, frozen once and never again.
{#- Frozen rows cannot be made again, so a full refresh keeps them. -#}
{{ config(materialized='incremental', full_refresh=false, on_schema_change='append_new_columns') }}
{%- set text = dbt.type_string() -%}
{%- set keys = ['crm', 'report', 'period_grain', 'part', 'currency'] %}

with reported as {{ inlined() }} (
    select * from {{ ref('int_reporting__values') }}
),

figures as (
    select
        {{ keys | join(',\n        ') }},
        period_start,
        is_rate,
        value_before,
        n_records_before
    from reported
    where period_grain <> 'all' and is_over
),

-- The latest period that is over is frozen also where it is empty, but for what is open. An empty
-- one before it needs no row: what is missing up to the latest frozen period is nought. Where no
-- deal has a date, there is no period.
latest as (
    {%- for grain, months in report_grains().items() %}
        select distinct
            {{ keys | join(',\n            ') }},
            cast(
                {{ dbt.dateadd('month', -months, current_period_start(grain)) }} as date
            ) as period_start,
            is_rate
        from reported
        where
            period_grain = '{{ grain }}'
            and period_start is not null
            and part = 'all'
            and report in ('{{ frozen_reports() | map(attribute=0) | join("', '") }}')
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

closed as (
    select
        {{ keys | join(',\n        ') }},
        period_start,
        value_before as value,
        n_records_before as n_records
    from figures

    union all

    select
        {%- for key in keys %}
            latest.{{ key }},
        {%- endfor %}
        latest.period_start,
        case when not latest.is_rate then 0 end as value,
        0 as n_records
    from latest
    left join figures
        on
            latest.crm = figures.crm
            and latest.report = figures.report
            and latest.period_grain = figures.period_grain
            and latest.part = figures.part
            and (latest.currency is not distinct from figures.currency)
            and latest.period_start = figures.period_start
    where figures.crm is null
),
{%- if is_incremental() %}

    frozen as (
        select
            crm,
            report,
            period_grain,
            max(period_start) as last_period_start
        from {{ this }}
        group by crm, report, period_grain
    ),
{%- endif %}

final as (
    select
        cast(closed.crm as {{ text }}) as crm,
        cast(closed.report as {{ text }}) as report,
        cast(closed.period_grain as {{ text }}) as period_grain,
        cast({{ period_label('closed.period_grain', 'closed.period_start') }} as {{ text }})
            as period,
        closed.period_start,
        cast(closed.currency as {{ text }}) as currency,
        cast(closed.value as {{ type_amount() }}) as value,
        cast(closed.n_records as {{ dbt.type_bigint() }}) as n_records,
        {{ as_of() }} as frozen_at,
        cast(closed.part as {{ text }}) as part
    from closed
    {%- if is_incremental() %}
        left join frozen
            on
                closed.crm = frozen.crm
                and closed.report = frozen.report
                and closed.period_grain = frozen.period_grain
    {%- endif %}
    where {{ as_of_is_kept() }}
    {%- if is_incremental() %}
        and (frozen.last_period_start is null or closed.period_start > frozen.last_period_start)
    {%- endif %}
)

select * from final
