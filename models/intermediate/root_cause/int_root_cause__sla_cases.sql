with clocks as (
    select
        records.record_sk,
        records.record_key,
        records.crm,
        records.object_type,
        clocks.sla_clock_key,
        coalesce(clocks.sla, 'SLA') as sla,
        clocks.started_at,
        clocks.due_at,
        clocks.stopped_at,
        row_number() over (
            partition by records.record_sk, clocks.sla
            order by clocks.started_at, clocks.sla_clock_key
        ) as clock_number
    from {{ ref('stg_crm__sla_clocks') }} as clocks
    inner join {{ ref('int_crm__records') }} as records on clocks.record_key = records.record_key
),

-- What a clock is judged by: its start, its end, and when it was due.
moments as (
    {%- for signature, column in [
        ('clock_restart_by_edit', 'started_at'), ('handoff_stops_clock', 'stopped_at'),
        ('rush', 'due_at'),
    ] %}
        select
            '{{ signature }}' as signature,
            record_sk,
            record_key,
            crm,
            object_type,
            sla_clock_key,
            sla,
            clock_number,
            {{ column }} as occurred_at,
            {{ signature_window(column) }} as signature_window
        from clocks
        where {{ column }} > {{ signature_window_end(2) }} and {{ column }} <= {{ as_of() }}
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

changes as (
    select
        record_sk,
        field,
        change_number,
        change_id,
        changed_at,
        coalesce(actor_kind, channel) in ('human', 'ui') as is_human
    from {{ ref('stg_crm__field_changes') }}
    where
        not is_orphan
        and changed_at > {{ later(
            signature_window_end(2), -60, 'greatest(' ~ threshold('clock_restart__minutes')
            ~ ', ' ~ threshold('clock_stop__minutes') ~ ', '
            ~ threshold('sla_rush_update__before_due_minutes') ~ ')'
        ) }}
),

rushes as (
    select
        record_sk,
        field,
        change_number,
        part as sla_clock_key
    from {{ ref('int_signals__sla_rush_update') }}
),

found as (
    select
        moments.signature,
        moments.sla_clock_key,
        changes.field,
        changes.change_number,
        changes.change_id,
        changes.changed_at
    from moments
    inner join changes
        on moments.record_sk = changes.record_sk and moments.occurred_at >= changes.changed_at
    where
        (
            moments.signature = 'clock_restart_by_edit'
            and moments.clock_number > 1
            and changes.is_human
            and moments.occurred_at
            <= {{ later('changes.changed_at', 60, threshold('clock_restart__minutes')) }}
        )
        or (
            moments.signature = 'handoff_stops_clock'
            and changes.field = 'owner_id'
            and moments.occurred_at
            <= {{ later('changes.changed_at', 60, threshold('clock_stop__minutes')) }}
        )

    union all

    select
        'rush' as signature,
        rushes.sla_clock_key,
        changes.field,
        changes.change_number,
        changes.change_id,
        changes.changed_at
    from rushes
    inner join changes
        on
            rushes.record_sk = changes.record_sk
            and rushes.field = changes.field
            and rushes.change_number = changes.change_number
),

last_found as (
    select
        *,
        row_number() over (
            partition by signature, sla_clock_key
            order by changed_at desc, field asc, change_number desc
        ) as place
    from found
),

final as (
    select
        moments.signature,
        moments.record_sk,
        moments.record_key,
        moments.crm,
        moments.object_type,
        moments.sla_clock_key as part,
        last_found.field,
        last_found.change_number,
        moments.occurred_at,
        moments.signature_window,
        last_found.change_id is not null as is_hit,
        last_found.change_id as related_id,
        last_found.changed_at as related_at,
        last_found.field || ' changed '
        || {{ duration_text(seconds_between('last_found.changed_at', 'moments.occurred_at')) }}
        || ' before the ' || moments.sla || ' clock '
        || case moments.signature
            when 'clock_restart_by_edit' then 'started again'
            when 'handoff_stops_clock' then 'stopped'
            else 'was due'
        end as detail
    from moments
    left join last_found
        on
            moments.signature = last_found.signature
            and moments.sla_clock_key = last_found.sla_clock_key
            and last_found.place = 1
)

select * from final
