-- One row per step of a workflow by as_of, in all CRMs.
with told as (
    {{ crm_union('workflow_events', [
        'event_id', 'occurred_at', 'object_type', 'record_id', 'event_type', 'stage_before',
        'stage_after', 'owner_before', 'owner_after', 'actor', 'channel', 'sla_state',
        'automation_id', 'correlation_id',
    ]) }}
),

final as (
    select
        {{ record_key('crm', 'object_type', 'record_id') }} as record_key,
        crm,
        event_id,
        occurred_at,
        object_type,
        record_id,
        event_type,
        stage_before,
        stage_after,
        owner_before,
        owner_after,
        actor,
        channel,
        sla_state,
        automation_id,
        correlation_id
    from told
    where occurred_at <= {{ as_of() }}
)

select * from final
