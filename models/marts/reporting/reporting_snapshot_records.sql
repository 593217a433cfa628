-- One row per closed period and deal, contract or invoice that was in it when it was frozen: what
-- made its figures.
{#- Frozen rows cannot be made again, so a full refresh keeps them. -#}
{{ config(materialized='incremental', full_refresh=false, on_schema_change='append_new_columns') }}
{%- set text = dbt.type_string() %}

with deals as (
    select * from {{ ref('int_reporting__deals') }}
),

contracts_and_invoices as (
    select * from {{ ref('int_reporting__contracts_and_invoices') }}
),

booked as (
    {{ booked_records() }}
),

-- Lost deals stand in rates alone, which no month has.
closed as (
    {%- for grain in report_grains() %}
        select
            crm,
            '{{ grain }}' as period_grain,
            {{ report_period_start(grain, 'close_month') }} as period_start,
            object_type,
            record_key,
            stage_kind,
            closes_on,
            amount,
            currency,
            lead_source,
            campaign,
            cycle_days
        from booked
        where
            {{ report_period_start(grain, 'close_month') }} < {{ current_period_start(grain) }}
            {%- if grain == 'month' %}
                and coalesce(stage_kind, '') <> 'lost'
            {%- endif %}
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),
{%- if is_incremental() %}

    frozen as (
        select
            crm,
            object_type,
            period_grain,
            max(period_start) as last_period_start
        from {{ this }}
        group by crm, object_type, period_grain
    ),
{%- endif %}

final as (
    select
        {%- for column in ['crm', 'period_grain'] %}
            cast(closed.{{ column }} as {{ text }}) as {{ column }},
        {%- endfor %}
        cast({{ period_label('closed.period_grain', 'closed.period_start') }} as {{ text }})
            as period,
        closed.period_start,
        {%- for column in ['object_type', 'record_key', 'stage_kind'] %}
            cast(closed.{{ column }} as {{ text }}) as {{ column }},
        {%- endfor %}
        closed.closes_on,
        cast(closed.amount as {{ type_amount() }}) as amount,
        {%- for column in ['currency', 'lead_source', 'campaign'] %}
            cast(closed.{{ column }} as {{ text }}) as {{ column }},
        {%- endfor %}
        cast(closed.cycle_days as {{ dbt.type_bigint() }}) as cycle_days,
        {{ as_of() }} as frozen_at
    from closed
    {%- if is_incremental() %}
        left join frozen
            on
                closed.crm = frozen.crm
                and closed.object_type = frozen.object_type
                and closed.period_grain = frozen.period_grain
    {%- endif %}
    where {{ as_of_is_kept() }}
    {%- if is_incremental() %}
        and (frozen.last_period_start is null or closed.period_start > frozen.last_period_start)
    {%- endif %}
)

select * from final
