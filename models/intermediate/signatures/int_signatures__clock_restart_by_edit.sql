-- One row per SLA clock that started in the windows: did a person edit its record in time before?
-- Only a further clock of a record and SLA can be a restart. The last edit is told.
with clocks as (
    select
        *,
        {{ signature_window('started_at') }} as signature_window
    from {{ ref('int_signatures__clocks') }}
    where started_at <= {{ as_of() }}
),

changes as (
    select *
    from {{ ref('int_signatures__changes') }}
    where is_by_person
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
            and clocks.started_at >= changes.changed_at
            and clocks.started_at
            <= {{ later('changes.changed_at', 60, threshold('clock_restart__minutes')) }}
    where clocks.clock_number > 1
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
        clocks.started_at as occurred_at,
        clocks.signature_window,
        last_changes.change_id is not null as is_hit,
        last_changes.change_id as related_id,
        last_changes.changed_at as related_at,
        last_changes.field || ' changed '
        || {{ duration_text(seconds_between('last_changes.changed_at', 'clocks.started_at')) }}
        || ' before the ' || clocks.sla || ' clock started again' as detail
    from clocks
    left join ranked as last_changes
        on clocks.sla_clock_key = last_changes.sla_clock_key and last_changes.place = 1
    where clocks.signature_window is not null
)

select * from final
