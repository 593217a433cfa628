-- One row per live record and archetype: since which change is it dirty, how often was it so, and
-- which step made it so?
with occurrences as (
    select *
    from {{ ref('int_root_cause__occurrences') }}
    where kind = 'archetype'
),

causing_steps as (
    select * from {{ ref('int_root_cause__causing_steps') }}
),

records as (
    select
        record_sk,
        stage
    from {{ ref('int_crm__records') }}
),

open_records as (
    select record_sk
    from {{ ref('int_history__open_spans') }}
    where closed_at is null
),

rules as (
    select
        rule_id,
        severity
    from {{ ref('rules') }}
    where kind = 'archetype'
),

totals as (
    select
        record_sk,
        rule_id as archetype,
        count(*) as n_occurrences,
        max(occurred_at) as last_bad_at
    from occurrences
    group by record_sk, rule_id
),

final as (
    select
        occurrences.record_sk,
        occurrences.record_key,
        occurrences.crm,
        occurrences.object_type,
        occurrences.record_id,
        steps.archetype,
        rules.severity,
        occurrences.segment,
        occurrences.owner_id,
        occurrences.team,
        records.stage,
        open_records.record_sk is not null as is_open,
        occurrences.amount,
        occurrences.currency,
        totals.n_occurrences,
        occurrences.occurred_at as first_bad_at,
        totals.last_bad_at,
        occurrences.change_id as first_bad_change_id,
        occurrences.field,
        occurrences.old_value,
        occurrences.new_value,
        occurrences.detail,
        occurrences.changed_by as actor_id,
        occurrences.actor_kind,
        occurrences.channel,
        occurrences.automation_id,
        steps.causing_step,
        steps.confidence,
        steps.preceding_event_id,
        steps.preceding_event_type,
        steps.preceding_event_at,
        steps.preceding_event_matched_by
    from causing_steps as steps
    inner join occurrences
        on steps.occurrence_id = occurrences.occurrence_id
    inner join records on steps.record_sk = records.record_sk
    inner join totals
        on steps.record_sk = totals.record_sk and steps.archetype = totals.archetype
    left join open_records on steps.record_sk = open_records.record_sk
    left join rules on steps.archetype = rules.rule_id
)

select * from final
