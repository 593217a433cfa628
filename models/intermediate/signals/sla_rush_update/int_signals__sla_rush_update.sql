-- One row per SLA clock and change just before it is due: a change counts for each that it beats.
with sla_clocks as (
    select * from {{ ref('stg_crm__sla_clocks') }}
),

records as (
    select * from {{ ref('int_crm__records') }}
),

field_changes as (
    select * from {{ ref('int_history__edits') }}
),

clocks as (
    select
        records.record_sk,
        clocks.sla_clock_key,
        clocks.sla,
        clocks.due_at
    from sla_clocks as clocks
    inner join records on clocks.record_key = records.record_key
    where clocks.due_at is not null
),

final as (
    select
        clocks.record_sk,
        changes.field,
        changes.change_number,
        changes.changed_at as occurred_at,
        cast(null as {{ dbt.type_string() }}) as variant,
        clocks.sla_clock_key as part,
        changes.field || ' changed '
        || {{ duration_text(seconds_between('changes.changed_at', 'clocks.due_at')) }}
        || ' before the ' || coalesce(clocks.sla, 'SLA') || ' clock was due' as detail,
        clocks.due_at
    from clocks
    inner join field_changes as changes
        on
            clocks.record_sk = changes.record_sk
            and clocks.due_at > changes.changed_at
            and {{ later('clocks.due_at', -60, threshold('sla_rush_update__before_due_minutes')) }}
            <= changes.changed_at
    where
        not changes.is_orphan
        and coalesce(changes.channel, '') not in ('automation', 'integration')
        and coalesce(changes.actor_kind, '') not in ('automation', 'integration')
)

select * from final
