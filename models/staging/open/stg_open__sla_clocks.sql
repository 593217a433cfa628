-- One row per clock: when it started, is due and stopped.
{{ config(materialized='view') }}

with clocks as (
    select * from {{ ref('base_open__sla_clocks') }}
),

final as (
    select
        object_type,
        record_id,
        sla,
        started_at,
        due_at,
        stopped_at,
        paused_seconds
    from clocks
    where landing_status = 'staged'
)

select * from final
