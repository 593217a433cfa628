-- One row per CRM, report, period, part and currency: the report as it is at as_of, and as it
-- would be once the deletes are carried out.
{%- set text = dbt.type_string() -%}
{%- set keys = ['crm', 'report', 'period_grain', 'period_start', 'part', 'currency'] %}

with totals as (
    select * from {{ ref('int_reporting__totals') }}
),

figures as (
    {%- for report, object_type, condition, part, numerator, denominator, grains in reports() %}
        {%- set outer_loop = loop %}
        {%- for grain in grains %}
            {%- set inner_loop = loop %}
            {%- for parted in [false, true] if part or not parted %}
                select
                    crm,
                    '{{ report }}' as report,
                    '{{ 'quarter' if grain == 'current quarter' else grain }}' as period_grain,
                    {%- if grain == 'all' %}
                        cast(null as date) as period_start,
                    {%- elif grain == 'current quarter' %}
                        {{ current_period_start('quarter') }} as period_start,
                    {%- else %}
                        {{ report_period_start(grain, 'close_month') }} as period_start,
                    {%- endif %}
                    {%- if parted %}
                        {{ report_part(part) }} as part,
                    {%- else %}
                        'all' as part,
                    {%- endif %}
                    {%- if numerator == 'amount' %}
                        coalesce(currency, 'none') as currency,
                    {%- else %}
                        cast(null as {{ text }}) as currency,
                    {%- endif %}
                    removed_by,
                    {{ 'true' if denominator else 'false' }} as is_rate,
                    cast({{ numerator }} as {{ type_amount() }}) as numerator,
                    cast({{ denominator or 'null' }} as {{ type_amount() }}) as denominator,
                    {{ denominator or 'n_records' }} as n_records
                from totals
                where
                    object_type = '{{ object_type }}'
                    and {{ condition or 'true' }}
                    {%- if grain == 'current quarter' %}
                        and {{ report_period_start('quarter', 'close_month') }}
                        = {{ current_period_start('quarter') }}
                    {%- endif %}
                    {%- if numerator == 'amount' %}
                        -- Where amounts are not landed there is no such report, not one of nought.
                        and amount is not null
                    {%- endif %}
                {%- if not (outer_loop.last and inner_loop.last and loop.last) %}

                    union all
                {% endif %}
            {%- endfor %}
        {%- endfor %}
    {%- endfor %}
),

by_removal as (
    select
        {{ keys | join(',\n        ') }},
        is_rate,
        removed_by,
        row_number() over (
            partition by {{ keys | join(', ') }}
            order by removed_by nulls last
        ) as place,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        sum(n_records) as n_records
    from figures
    group by {{ keys | join(', ') }}, is_rate, removed_by
),

summed as (
    select
        {{ keys | join(',\n        ') }},
        is_rate,
        coalesce(sum(numerator), 0) as numerator_before,
        coalesce(sum(case when removed_by is null then numerator end), 0) as numerator_after,
        sum(denominator) as denominator_before,
        sum(case when removed_by is null then denominator end) as denominator_after,
        sum(n_records) as n_records_before,
        coalesce(sum(case when removed_by is not null then n_records end), 0) as n_records_moved,
        {{ sorted_list('case when place <= 20 then removed_by end') }} as records
    from by_removal
    group by {{ keys | join(', ') }}, is_rate
),

final as (
    select
        crm,
        report,
        period_grain,
        case
            when period_grain = 'all' then 'all'
            when period_start is null then 'none'
            else {{ period_label('period_grain', 'period_start') }}
        end as period,
        period_start,
        coalesce(
            case period_grain
                {%- for grain in report_grains() %}
                    when '{{ grain }}' then period_start < {{ current_period_start(grain) }}
                {%- endfor %}
            end,
            false
        ) as is_over,
        part,
        currency,
        is_rate,
        {%- for moment in ['before', 'after'] %}
            cast(
                case
                    when is_rate then numerator_{{ moment }} / nullif(denominator_{{ moment }}, 0)
                    else numerator_{{ moment }}
                end as {{ type_amount() }}
            ) as value_{{ moment }},
        {%- endfor %}
        cast(n_records_before as {{ dbt.type_bigint() }}) as n_records_before,
        cast(n_records_moved as {{ dbt.type_bigint() }}) as n_records_moved,
        nullif(records, '') as records
    from summed
)

select * from final
