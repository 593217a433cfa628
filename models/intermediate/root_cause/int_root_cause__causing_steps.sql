-- One row per live record and archetype: the workflow step that made it so, by its first
-- occurrence.
with preceding_events as (
    select * from {{ ref('int_root_cause__preceding_events') }}
),

occurrences as (
    select * from {{ ref('int_root_cause__occurrences') }}
),

traced as (
    select
        events.occurrence_id,
        events.record_sk,
        events.archetype,
        events.preceding_event_id,
        events.preceding_event_type,
        events.preceding_event_at,
        events.preceding_event_matched_by,
        occurrences.field,
        coalesce(
            occurrences.actor_kind in ('integration', 'import')
            or occurrences.channel in ('integration', 'import'),
            false
        ) as is_outside_machine,
        coalesce(
            occurrences.actor_kind = 'automation' or occurrences.channel = 'automation', false
        ) as is_automation,
        coalesce(occurrences.actor_kind, occurrences.channel, '') in ('human', 'ui')
            as is_human,
        {{ business_time('occurrences.occurred_at') }} as occurred_at_local
    from preceding_events as events
    inner join occurrences
        on events.occurrence_id = occurrences.occurrence_id
),

steps as (
    select
        *,
        case
            when preceding_event_type = 'handoff' then 'handoff'
            when preceding_event_type in ('stage_change', 'milestone') then 'stage_change'
            when preceding_event_type in ('sla_start', 'sla_stop', 'sla_warning') then 'sla'
        end as event_step,
        case
            when archetype = 'sla_rush_update' then 'sla'
            when not is_human then null
            when field = 'owner_id' then 'handoff'
            -- Who was given the customer made it anew instead of finding it.
            when archetype = 'duplicate_account' then 'handoff'
            when
                field in ('amount', 'close_date', 'lead_source', 'forecast_category')
                and occurred_at_local >= {{ later(
                    business_period_end('occurred_at_local'), -86400,
                    threshold('period_end_edits__days')
                ) }}
                then 'incentive'
            when field in ('stage', 'status') then 'stage_change'
        end as field_step
    from traced
),

-- An outside system writes when it syncs, whatever happened on the record before; an automation of
-- the CRM acts on a step of the workflow, so that the event before it says which.
judged as (
    select
        *,
        case
            when event_step is not null and preceding_event_matched_by = 'correlation_id'
                then 'correlated event'
            when is_outside_machine then 'machine'
            when event_step is not null then 'event before'
            when is_automation then 'machine'
            when field_step is not null then 'field'
        end as basis
    from steps
),

final as (
    select
        occurrence_id,
        record_sk,
        archetype,
        preceding_event_id,
        preceding_event_type,
        preceding_event_at,
        preceding_event_matched_by,
        case basis
            when 'correlated event' then event_step
            when 'event before' then event_step
            when 'machine' then 'integration'
            when 'field' then field_step
            else 'unknown'
        end as causing_step,
        case basis
            when 'correlated event' then 'high'
            when 'event before' then 'medium'
            when 'machine' then 'medium'
            when 'field' then 'low'
            else 'none'
        end as confidence
    from judged
)

select * from final
