-- One row per clock of a service level that was started by as_of, in all CRMs.
with told as (
    {{ crm_union('sla_clocks', [
        'object_type', 'record_id', 'sla', 'started_at', 'due_at', 'stopped_at', 'paused_seconds',
    ]) }}
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(
            ['crm', 'object_type', 'record_id', 'sla', 'started_at']
        ) }} as sla_clock_key,
        {{ record_key('crm', 'object_type', 'record_id') }} as record_key,
        crm,
        object_type,
        record_id,
        sla,
        started_at,
        due_at,
        case when stopped_at <= {{ as_of() }} then stopped_at end as stopped_at,
        paused_seconds
    from told
    where started_at <= {{ as_of() }}
)

select * from final
