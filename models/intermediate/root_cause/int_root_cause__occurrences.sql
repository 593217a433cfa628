-- One row per occurrence: everything that a rule found, with the change behind it; where a record
-- was so from its creation on, with who or what made it. The changes are read once, here.
{%- set text = dbt.type_string() -%}
{%- set archetypes = [
    'premature_stage', 'close_date_churn', 'missing_next_step', 'duplicate_account',
    'lead_source_drift', 'stage_regression',
] -%}
{#- What is evidence of the signal makes the record dirty. -#}
{%- set signal_archetypes = ['multi_stage_jump', 'owner_ping_pong', 'sla_rush_update'] %}
with records as (
    select * from {{ ref('int_crm__records') }}
),

field_changes as (
    select * from {{ ref('stg_crm__field_changes') }}
),

creations as (
    select * from {{ ref('stg_crm__creations') }}
),

write_paths as (
    select * from {{ ref('int_root_cause__write_paths') }}
),

users as {{ inlined() }} (
    select * from {{ ref('stg_crm__users') }}
),

found as (
    {%- for signal in record_signals() %}
        select
            'signal' as kind,
            '{{ signal }}' as rule_id,
            record_sk,
            field,
            change_number,
            occurred_at,
            variant,
            part,
            detail
        from {{ ref('int_signals__' ~ signal) }}
        {%- if signal == 'stage_dwell_anomaly' %}
            where is_evidence
        {%- endif %}

        union all

        {% if signal in signal_archetypes %}
            select
                'archetype' as kind,
                '{{ signal }}' as rule_id,
                record_sk,
                field,
                change_number,
                occurred_at,
                variant,
                part,
                detail
            from {{ ref('int_signals__' ~ signal) }}

            union all

        {% endif %}
    {%- endfor %}
    {%- for archetype in archetypes %}
        select
            'archetype' as kind,
            '{{ archetype }}' as rule_id,
            record_sk,
            field,
            change_number,
            occurred_at,
            cast(null as {{ text }}) as variant,
            part,
            detail
        from {{ ref('int_archetypes__' ~ archetype) }}
        {%- if not loop.last %}

            union all

        {% endif %}
    {%- endfor %}
),

-- A key, since what a change made is not the maker's.
keyed as (
    select
        *,
        case when change_number is null then record_sk end as unchanged_sk
    from found
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key([
            'found.kind', 'found.rule_id', 'records.record_key', 'found.field', 'changes.change_id',
            'found.part', 'found.occurred_at',
        ]) }} as occurrence_id,
        found.kind,
        found.rule_id,
        found.record_sk,
        records.record_key,
        records.crm,
        records.object_type,
        records.record_id,
        records.pipeline,
        records.segment,
        records.owner_id,
        owners.team,
        records.is_live,
        records.amount,
        records.currency,
        found.field,
        found.change_number,
        changes.change_id,
        found.occurred_at,
        {{ shown_value('records.object_type', 'found.field', 'changes.old_value') }} as old_value,
        {{ shown_value('records.object_type', 'found.field', 'changes.new_value') }} as new_value,
        coalesce(changes.changed_by, creations.created_by) as changed_by,
        coalesce(changes.actor_kind, creations.actor_kind) as actor_kind,
        actors.team as actor_team,
        coalesce(changes.channel, creations.channel) as channel,
        coalesce(change_paths.write_path, creation_paths.write_path) as write_path,
        coalesce(changes.automation_id, creations.automation_id) as automation_id,
        creations.record_sk is not null as is_by_creation,
        changes.correlation_id,
        changes.source_table,
        found.variant,
        found.part,
        found.detail
    from keyed as found
    inner join records on found.record_sk = records.record_sk
    left join field_changes as changes
        on
            found.record_sk = changes.record_sk
            and found.field = changes.field
            and found.change_number = changes.change_number
    left join creations
        on
            found.unchanged_sk = creations.record_sk
            and found.occurred_at = creations.created_at
    left join write_paths as change_paths on {{ same_writer('changes', 'change_paths') }}
    left join write_paths as creation_paths
        on {{ same_writer('creations', 'creation_paths', maker='created_by') }}
    left join users as owners
        on records.crm = owners.crm and records.owner_id = owners.user_id
    left join users as actors
        on
            records.crm = actors.crm
            and coalesce(changes.changed_by, creations.created_by) = actors.user_id
    where found.kind = 'signal' or records.is_live
)

select * from final
