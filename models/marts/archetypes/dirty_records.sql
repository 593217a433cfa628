{%- set text = dbt.type_string() -%}
with totals as (
    select
        record_sk,
        rule_id as archetype,
        count(*) as n_occurrences,
        max(occurred_at) as last_bad_at
    from {{ ref('int_root_cause__occurrences') }}
    where kind = 'archetype'
    group by record_sk, rule_id
),

open_records as (
    select record_sk
    from {{ ref('int_history__open_spans') }}
    where closed_at is null
),

joined as (
    select
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
    from {{ ref('int_root_cause__causing_steps') }} as steps
    inner join {{ ref('int_root_cause__occurrences') }} as occurrences
        on steps.occurrence_id = occurrences.occurrence_id
    inner join {{ ref('int_crm__records') }} as records on steps.record_sk = records.record_sk
    inner join totals
        on steps.record_sk = totals.record_sk and steps.archetype = totals.archetype
    left join open_records on steps.record_sk = open_records.record_sk
    left join {{ ref('rules') }} as rules
        on rules.kind = 'archetype' and steps.archetype = rules.rule_id
),

final as (
    select
        {%- for column in [
            'record_key', 'crm', 'object_type', 'record_id', 'archetype', 'severity', 'segment',
            'owner_id', 'team', 'stage',
        ] %}
            cast({{ column }} as {{ text }}) as {{ column }},
        {%- endfor %}
        is_open,
        cast(amount as {{ type_amount() }}) as amount,
        cast(n_occurrences as {{ dbt.type_bigint() }}) as n_occurrences,
        first_bad_at,
        last_bad_at,
        {%- for column in [
            'first_bad_change_id', 'field', 'old_value', 'new_value', 'detail', 'actor_id',
            'actor_kind', 'channel', 'automation_id', 'causing_step', 'confidence',
            'preceding_event_id', 'preceding_event_type',
        ] %}
            cast({{ column }} as {{ text }}) as {{ column }},
        {%- endfor %}
        preceding_event_at,
        cast(preceding_event_matched_by as {{ text }}) as preceding_event_matched_by
    from joined
)

select * from final
