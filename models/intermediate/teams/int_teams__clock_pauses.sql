-- One row per SLA clock of a live case started in the window: whether, and how long, it was paused.
with sla_clocks as (
    select * from {{ ref('stg_crm__sla_clocks') }}
),

records as (
    select * from {{ ref('int_crm__records') }}
),

clocks as (
    select
        records.record_sk,
        clocks.sla_clock_key,
        clocks.sla,
        clocks.started_at,
        cast(coalesce(clocks.paused_seconds, 0) as {{ type_double() }}) as paused_seconds
    from sla_clocks as clocks
    inner join records on clocks.record_key = records.record_key
    where
        records.object_type = 'case'
        and records.is_live
        and clocks.started_at > {{ later(as_of(), -86400, threshold('rate_window_days')) }}
),

final as (
    select
        record_sk,
        sla_clock_key as part,
        paused_seconds > 0 as is_counted,
        case when paused_seconds > 0 then paused_seconds / 3600 end as hours,
        started_at as occurred_at,
        sla || case
            when paused_seconds > 0 then ' paused for ' || {{ duration_text('paused_seconds') }}
            else ' not paused'
        end as detail
    from clocks
)

select * from final
