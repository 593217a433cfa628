-- One row per effective field change visible at as_of.
{{ config(materialized='view') }}

with told_changes as (
    select * from {{ ref('stg_crm__told_changes') }}
),

final as (
    select
        {{ record_key('crm', 'object_type', 'record_id') }} as record_key,
        record_sk,
        crm,
        object_type,
        record_id,
        field,
        change_number,
        changed_at,
        old_value,
        new_value,
        changed_by,
        actor_kind,
        channel,
        told_write_path,
        automation_id,
        correlation_id,
        is_calculated,
        source_table,
        change_id,
        change_sequence,
        is_orphan,
        is_chain_break,
        is_before_creation
    from told_changes
    where change_class = 'effective' and changed_at <= {{ as_of() }}
)

select * from final
