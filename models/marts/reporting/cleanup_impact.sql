-- One row per CRM, report, period, part and currency: what the clean-up does to the figure, and
-- whether that is within the report's tolerance.
{%- set text = dbt.type_string() %}

with reporting_values as (
    select * from {{ ref('int_reporting__values') }}
),

report_tolerances as (
    select * from {{ ref('report_tolerances') }}
),

joined as (
    select
        figures.*,
        tolerances.unit,
        tolerances.tolerance,
        tolerances.tolerance_unit,
        tolerances.minimum_records,
        figures.value_after - figures.value_before as variance,
        case
            when tolerances.tolerance_unit = 'relative'
                then tolerances.tolerance * abs(figures.value_before)
            else tolerances.tolerance
        end as largest_variance
    from reporting_values as figures
    left join report_tolerances as tolerances on figures.report = tolerances.report
),

final as (
    select
        {%- for column in ['crm', 'report', 'period_grain', 'period', 'part', 'currency'] %}
            cast({{ column }} as {{ text }}) as {{ column }},
        {%- endfor %}
        period_start,
        value_before,
        value_after,
        cast(variance as {{ type_amount() }}) as variance,
        cast(unit as {{ text }}) as unit,
        cast(tolerance as decimal(9, 6)) as tolerance,
        cast(tolerance_unit as {{ text }}) as tolerance_unit,
        cast(minimum_records as {{ dbt.type_bigint() }}) as minimum_records,
        cast(
            case
                -- A rate of no record left has no value: its variance is not known, and too large.
                when
                    n_records_moved >= minimum_records
                    and (variance is null or abs(variance) > largest_variance)
                    then 'breach'
                else 'ok'
            end as {{ text }}
        ) as status,
        n_records_before,
        n_records_moved,
        cast(records as {{ text }}) as records
    from joined
)

select * from final
