-- One row per change of stage in both windows of the failure signatures, with its record's
-- pipeline.
with stage_changes as (
    select * from {{ ref('int_history__stage_changes') }}
),

records as (
    select
        record_sk,
        record_key,
        pipeline
    from {{ ref('int_crm__records') }}
),

windowed as (
    select
        *,
        {{ signature_window('changed_at') }} as signature_window
    from stage_changes
),

final as (
    select
        changes.record_sk,
        records.record_key,
        changes.crm,
        changes.object_type,
        coalesce(records.pipeline, '') as pipeline,
        changes.field,
        changes.change_number,
        changes.changed_at,
        changes.old_stage,
        changes.new_stage,
        changes.old_order,
        changes.new_order,
        changes.old_kind,
        changes.new_kind,
        changes.is_regression,
        changes.signature_window
    from windowed as changes
    inner join records on changes.record_sk = records.record_sk
    where changes.signature_window is not null
)

select * from final
