-- One row per effective change visible at as_of that somebody or something made: what the CRM does
-- by itself is left out. Signals, archetypes and signatures read it.
{{ config(materialized='view') }}

with field_changes as (
    select * from {{ ref('stg_crm__field_changes') }}
),

changes_by_crm as (
    select * from {{ ref('int_history__changes_by_crm') }}
),

final as (
    select changes.*
    from field_changes as changes
    left join changes_by_crm
        on
            changes.record_sk = changes_by_crm.record_sk
            and changes.field = changes_by_crm.field
            and changes.change_number = changes_by_crm.change_number
    where changes_by_crm.record_sk is null
)

select * from final
