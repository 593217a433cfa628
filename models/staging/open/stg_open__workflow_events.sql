-- One row per step of a workflow.
{{ config(materialized='view') }}

with events as (
    select * from {{ ref('base_open__workflow_events') }}
),

final as (
    select
        event_id,
        occurred_at,
        object_type,
        record_id,
        lower(event_type) as event_type,
        stage_before,
        stage_after,
        owner_before,
        owner_after,
        actor,
        lower(channel) as channel,
        sla_state,
        automation_id,
        correlation_id
    from events
    where landing_status = 'staged'
)

select * from final
