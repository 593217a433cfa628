-- One row per stage of a segment and week whose median stay shifted.
with final as (
    select
        crm,
        object_type,
        pipeline,
        stage,
        segment,
        week_start,
        week_ended_at as occurred_at,
        case when median_seconds > previous_median_seconds then 'longer' else 'shorter' end
            as variant,
        'median ' || {{ duration_text('median_seconds') }}
        || ' (' || n_periods || ' periods), the week before '
        || {{ duration_text('previous_median_seconds') }}
        || ' (' || previous_n_periods || ')' as detail
    from {{ ref('int_signals__stage_dwell_weeks') }}
    where is_shift
)

select * from final
