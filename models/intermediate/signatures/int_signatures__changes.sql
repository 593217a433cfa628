-- One row per change in both windows of the failure signatures, or shortly before them, where a
-- case may look back at it: the big table is read once, here.
{%- set minute = 60 -%}
{%- set day = 86400 -%}
{#- The time limits of the signatures that read this, whether they look back or on. -#}
{%- set looked_back = [
    (day, 'owner_thrash__within_days'),
    (minute, 'handoff_overwrite__minutes'),
    (minute, 'duplicate_birth__minutes'),
    (day, 'win_inflation__days'),
    (minute, 'clock_restart__minutes'),
    (minute, 'clock_stop__minutes'),
    (minute, 'sla_rush_update__before_due_minutes'),
    (minute, 'write_source__minutes'),
] -%}
{%- set seconds = [] -%}
{%- for unit, limit in looked_back -%}
    {%- do seconds.append(unit ~ ' * ' ~ threshold(limit)) -%}
{%- endfor %}
with field_changes as (
    select
        record_sk,
        field,
        change_number,
        change_id,
        changed_at,
        old_value,
        new_value,
        changed_by,
        actor_kind,
        channel,
        automation_id,
        is_orphan
    from {{ ref('int_history__edits') }}
),

records as (
    select
        record_sk,
        record_key,
        crm,
        object_type
    from {{ ref('int_crm__records') }}
),

final as (
    select
        changes.record_sk,
        records.record_key,
        records.crm,
        records.object_type,
        changes.field,
        changes.change_number,
        changes.change_id,
        changes.changed_at,
        changes.old_value,
        changes.new_value,
        changes.changed_by,
        changes.actor_kind,
        changes.channel,
        changes.automation_id,
        coalesce(coalesce(changes.actor_kind, changes.channel) in ('human', 'ui'), false)
            as is_by_person,
        coalesce(
            coalesce(changes.actor_kind, changes.channel)
            in ('automation', 'integration', 'import', 'api'),
            false
        ) as is_by_machine
    from field_changes as changes
    inner join records on changes.record_sk = records.record_sk
    where
        not changes.is_orphan
        and changes.changed_at > {{ later(
            signature_window_end(2), -1, 'greatest(' ~ seconds | join(', ') ~ ')'
        ) }}
)

select * from final
