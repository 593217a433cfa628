-- One row per stage change that follows another too soon.
with stage_changes as (
    select * from {{ ref('int_history__stage_changes') }}
),

scoped_thresholds as (
    select * from {{ ref('int_crm__scoped_thresholds') }}
),

scoped_windows as (
    select
        crm,
        pipeline,
        segment,
        value
    from scoped_thresholds
    where threshold_id = 'multi_stage_jump__within_hours'
),

judged as (
    select
        changes.record_sk,
        changes.field,
        changes.change_number,
        changes.changed_at,
        changes.nth_changed_at,
        coalesce(windows.value, {{ threshold('multi_stage_jump__within_hours') }}) as within_hours
    from stage_changes as changes
    left join scoped_windows as windows
        on
            changes.crm = windows.crm
            and coalesce(changes.pipeline, '') = windows.pipeline
            and coalesce(changes.segment, '') = windows.segment
    where changes.nth_changed_at is not null
),

final as (
    select
        record_sk,
        field,
        change_number,
        changed_at as occurred_at,
        cast(null as {{ dbt.type_string() }}) as variant,
        cast(null as {{ dbt.type_string() }}) as part,
        cast({{ threshold('multi_stage_jump__changes') }} as integer) || ' stage changes within '
        || {{ duration_text(seconds_between('nth_changed_at', 'changed_at')) }} as detail
    from judged
    where changed_at <= {{ later('nth_changed_at', 3600, 'within_hours') }}
)

select * from final
