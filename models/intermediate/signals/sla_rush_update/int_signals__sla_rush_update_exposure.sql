-- One row per SLA clock that was due by as_of, at the instant it was due: clocks are counted.
{{ config(materialized='view') }}

with records as (
    select
        record_sk,
        record_key
    from {{ ref('int_crm__records') }}
),

clocks as (
    select
        sla_clock_key,
        record_key,
        due_at
    from {{ ref('stg_crm__sla_clocks') }}
),

sla_rush_update as (
    select * from {{ ref('int_signals__sla_rush_update') }}
),

rushed_clocks as (
    select distinct part as sla_clock_key
    from sla_rush_update
),

due as (
    select
        records.record_sk,
        clocks.due_at,
        row_number() over (order by clocks.sla_clock_key) as clock_sk,
        rushed_clocks.sla_clock_key is not null as is_rushed
    from clocks
    inner join records on clocks.record_key = records.record_key
    left join rushed_clocks on clocks.sla_clock_key = rushed_clocks.sla_clock_key
    where clocks.due_at <= {{ as_of() }}
),

final as (
    select {{ exposed('due_at', unit_sk='clock_sk', has_evidence='is_rushed') }}
    from due
)

select * from final
