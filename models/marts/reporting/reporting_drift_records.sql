-- One row per frozen figure and deal, contract or invoice that does not count in it today as it did
-- when it was frozen.
{%- set text = dbt.type_string() -%}
{%- set columns = [
    'crm', 'period_grain', 'period_start', 'object_type', 'record_key', 'stage_kind', 'amount',
    'currency', 'lead_source', 'campaign', 'cycle_days',
] -%}
{%- set keys = ['crm', 'report', 'period_grain', 'period_start', 'part', 'currency'] %}

with frozen as (
    select * from {{ ref('reporting_snapshot_records') }}
    where
        crm in ('{{ crm_sources() | join("', '") }}')
        and case period_grain
            {%- for grain in report_grains() %}
                when '{{ grain }}' then period_start < {{ current_period_start(grain) }}
            {%- endfor %}
        end
),

deals as (
    select * from {{ ref('int_reporting__deals') }}
),

contracts_and_invoices as (
    select * from {{ ref('int_reporting__contracts_and_invoices') }}
),

booked as (
    {{ booked_records() }}
),

periods as (
    select
        crm,
        object_type,
        period_grain,
        period_start,
        min(frozen_at) as frozen_at
    from frozen
    group by crm, object_type, period_grain, period_start
),

current_records as (
    {%- for grain in report_grains() %}
        select
            crm,
            '{{ grain }}' as period_grain,
            {{ report_period_start(grain, 'close_month') }} as period_start,
            object_type,
            record_key,
            stage_kind,
            amount,
            currency,
            lead_source,
            campaign,
            cycle_days
        from booked
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

sides as (
    select
        'frozen' as side,
        {{ columns | join(',\n        ') }},
        1 as n_records,
        case when cycle_days is null then 0 else 1 end as n_cycles
    from frozen

    union all

    select
        'current' as side,
        {%- for column in columns %}
            current_records.{{ column }},
        {%- endfor %}
        1 as n_records,
        case when current_records.cycle_days is null then 0 else 1 end as n_cycles
    from current_records
    inner join periods
        on
            current_records.crm = periods.crm
            and current_records.object_type = periods.object_type
            and current_records.period_grain = periods.period_grain
            and current_records.period_start = periods.period_start
),

counted as (
    {%- for report, object_type, condition, part, numerator, grains in frozen_reports() %}
        {%- set outer_loop = loop %}
        {%- for parted in [false, true] if part or not parted %}
            select
                side,
                crm,
                object_type,
                '{{ report }}' as report,
                period_grain,
                period_start,
                {{ report_part(part) if parted else "'all'" }} as part,
                {%- if numerator == 'amount' %}
                    coalesce(currency, 'none') as currency,
                {%- else %}
                    cast(null as {{ text }}) as currency,
                {%- endif %}
                record_key,
                cast({{ numerator }} as {{ type_amount() }}) as counted
            from sides
            where
                object_type = '{{ object_type }}'
                and period_grain in ('{{ grains | join("', '") }}')
                and {{ condition or 'true' }}
                {%- if numerator == 'amount' %}
                    and amount is not null
                {%- endif %}
            {%- if not (outer_loop.last and loop.last) %}

                union all
            {% endif %}
        {%- endfor %}
    {%- endfor %}
),

paired as (
    select
        {{ keys | join(',\n        ') }},
        object_type,
        record_key,
        max(case when side = 'frozen' then counted end) as frozen_value,
        max(case when side = 'current' then counted end) as current_value
    from counted
    group by {{ keys | join(', ') }}, object_type, record_key
),

final as (
    select
        {%- for column in ['crm', 'report', 'period_grain'] %}
            cast(paired.{{ column }} as {{ text }}) as {{ column }},
        {%- endfor %}
        cast({{ period_label('paired.period_grain', 'paired.period_start') }} as {{ text }})
            as period,
        paired.period_start,
        {%- for column in ['part', 'currency', 'record_key'] %}
            cast(paired.{{ column }} as {{ text }}) as {{ column }},
        {%- endfor %}
        cast(
            case
                when paired.frozen_value is null then 'came'
                when paired.current_value is null then 'left'
                else 'changed'
            end as {{ text }}
        ) as what,
        cast(paired.frozen_value as {{ type_amount() }}) as frozen_value,
        cast(paired.current_value as {{ type_amount() }}) as current_value,
        periods.frozen_at
    from paired
    inner join periods
        on
            paired.crm = periods.crm
            and paired.object_type = periods.object_type
            and paired.period_grain = periods.period_grain
            and paired.period_start = periods.period_start
    where (paired.frozen_value is distinct from paired.current_value)
)

select * from final
