-- One row per SLA clock that was due in the windows: is there evidence of the signal
-- sla_rush_update? The last edit is told.
with clocks as (
    select
        *,
        {{ signature_window('due_at') }} as signature_window
    from {{ ref('int_signatures__clocks') }}
    where due_at <= {{ as_of() }}
),

changes as (
    select * from {{ ref('int_signatures__changes') }}
),

rushes as (
    select
        record_sk,
        field,
        change_number,
        part as sla_clock_key
    from {{ ref('int_signals__sla_rush_update') }}
),

ranked as (
    select
        clocks.sla_clock_key,
        changes.field,
        changes.change_number,
        changes.change_id,
        changes.changed_at,
        row_number() over (
            partition by clocks.sla_clock_key
            order by changes.changed_at desc, changes.field asc, changes.change_number desc
        ) as place
    from clocks
    inner join rushes on clocks.sla_clock_key = rushes.sla_clock_key
    inner join changes
        on
            rushes.record_sk = changes.record_sk
            and rushes.field = changes.field
            and rushes.change_number = changes.change_number
),

final as (
    select
        clocks.record_sk,
        clocks.record_key,
        clocks.crm,
        clocks.object_type,
        clocks.sla_clock_key as part,
        last_changes.field,
        last_changes.change_number,
        clocks.due_at as occurred_at,
        clocks.signature_window,
        last_changes.change_id is not null as is_hit,
        last_changes.change_id as related_id,
        last_changes.changed_at as related_at,
        last_changes.field || ' changed '
        || {{ duration_text(seconds_between('last_changes.changed_at', 'clocks.due_at')) }}
        || ' before the ' || clocks.sla || ' clock was due' as detail
    from clocks
    left join ranked as last_changes
        on clocks.sla_clock_key = last_changes.sla_clock_key and last_changes.place = 1
    where clocks.signature_window is not null
)

select * from final
