-- One row per SLA clock that stopped in the windows: did its record change owner in time before?
-- The last change is told.
with clocks as (
    select
        *,
        {{ signature_window('stopped_at') }} as signature_window
    from {{ ref('int_signatures__clocks') }}
    where stopped_at <= {{ as_of() }}
),

changes as (
    select *
    from {{ ref('int_signatures__changes') }}
    where field = 'owner_id'
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
    inner join changes
        on
            clocks.record_sk = changes.record_sk
            and clocks.stopped_at >= changes.changed_at
            and clocks.stopped_at
            <= {{ later('changes.changed_at', 60, threshold('clock_stop__minutes')) }}
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
        clocks.stopped_at as occurred_at,
        clocks.signature_window,
        last_changes.change_id is not null as is_hit,
        last_changes.change_id as related_id,
        last_changes.changed_at as related_at,
        last_changes.field || ' changed '
        || {{ duration_text(seconds_between('last_changes.changed_at', 'clocks.stopped_at')) }}
        || ' before the ' || clocks.sla || ' clock stopped' as detail
    from clocks
    left join ranked as last_changes
        on clocks.sla_clock_key = last_changes.sla_clock_key and last_changes.place = 1
    where clocks.signature_window is not null
)

select * from final
