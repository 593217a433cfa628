-- One row per clock of a service level, landed or derived, as it stands at as_of.
{%- set text = dbt.type_string() -%}
{%- set seconds = 'decimal(28, 6)' %}

with clocks as (
    select * from {{ ref('int_journey__sla_clocks') }}
),

final as (
    select
        cast(sla_clock_key as {{ text }}) as sla_clock_key,
        cast(crm as {{ text }}) as crm,
        cast(record_key as {{ text }}) as record_key,
        cast(object_type as {{ text }}) as object_type,
        cast(record_id as {{ text }}) as record_id,
        cast(journey_key as {{ text }}) as journey_key,
        cast(sla as {{ text }}) as sla,
        started_at,
        due_at,
        stopped_at,
        cast(paused_seconds as {{ seconds }}) as paused_seconds,
        cast(pause_reasons as {{ text }}) as pause_reasons,
        cast(calendar_seconds as {{ seconds }}) as calendar_seconds,
        cast(business_seconds as {{ seconds }}) as business_seconds,
        cast(state as {{ text }}) as state,
        is_escalated,
        cast(owner_id as {{ text }}) as owner_id,
        cast(owner_team as {{ text }}) as owner_team,
        is_derived
    from clocks
)

select * from final
