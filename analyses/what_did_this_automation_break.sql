-- What each automation, integration or import broke: the bad changes it made by rule, beside all
-- its changes of the field. One of them, by the id of the automation or of the user it runs as:
-- dbt show --select what_did_this_automation_break --limit -1 --vars 'automation: "flowId:88120"'
{%- set automation = var('automation', '') %}
with changes as (
    select
        crm,
        object_type,
        coalesce(automation_id, changed_by, actor_kind, channel) as automation,
        field,
        record_sk,
        change_number,
        changed_at
    from {{ ref('stg_crm__field_changes') }}
    where
        {% if automation -%}
            {{ text_literal(automation) }} in (automation_id, changed_by)
        {%- else -%}
            actor_kind in ('automation', 'integration', 'import')
            or channel in ('automation', 'integration', 'import')
        {%- endif %}
),

volumes as (
    select
        crm,
        object_type,
        automation,
        field,
        count(*) as n_changes
    from changes
    group by crm, object_type, automation, field
),

-- A signal's evidence and the archetype it makes are one fault. What came of a change later,
-- because nobody worked the record, is no fault of the change.
faults as (
    select
        changes.crm,
        changes.object_type,
        changes.automation,
        changes.field,
        occurrences.rule_id,
        count(distinct occurrences.change_id) as n_bad_changes,
        count(distinct occurrences.record_key) as n_records,
        min(occurrences.occurred_at) as first_at,
        max(occurrences.occurred_at) as last_at,
        max(occurrences.record_key) as example
    from changes
    inner join {{ ref('int_root_cause__occurrences') }} as occurrences
        on
            changes.record_sk = occurrences.record_sk
            and changes.field = occurrences.field
            and changes.change_number = occurrences.change_number
            and changes.changed_at = occurrences.occurred_at
    group by
        changes.crm, changes.object_type, changes.automation, changes.field, occurrences.rule_id
),

final as (
    select
        volumes.automation,
        users.user_name as runs_as,
        volumes.crm,
        volumes.object_type,
        volumes.field,
        volumes.n_changes,
        faults.rule_id,
        coalesce(faults.n_bad_changes, 0) as n_bad_changes,
        coalesce(faults.n_records, 0) as n_records,
        faults.first_at,
        faults.last_at,
        faults.example
    from volumes
    left join faults
        on
            volumes.crm = faults.crm
            and volumes.object_type = faults.object_type
            and volumes.field = faults.field
            and (volumes.automation is not distinct from faults.automation)
    left join {{ ref('stg_crm__users') }} as users
        on volumes.crm = users.crm and volumes.automation = users.user_id
)

select * from final
order by
    n_bad_changes desc,
    n_changes desc,
    automation asc,
    crm asc,
    object_type asc,
    field asc,
    rule_id asc
