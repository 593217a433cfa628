-- One row per occurrence of a signal with the change behind it; a shift is of a stage, no record.
{% set text = dbt.type_string() %}

with occurrences as (
    select * from {{ ref('int_root_cause__occurrences') }}
),

stage_dwell_shift as (
    select * from {{ ref('int_signals__stage_dwell_shift') }}
),

united as (
    select
        occurrence_id as evidence_id,
        rule_id as signal,
        crm,
        object_type,
        record_id,
        record_key,
        pipeline,
        cast(null as {{ text }}) as stage,
        segment,
        team,
        owner_id,
        is_live,
        amount,
        occurred_at,
        variant as kind,
        detail,
        field,
        old_value,
        new_value,
        change_id,
        changed_by,
        actor_kind,
        actor_team,
        channel,
        write_path,
        automation_id,
        cast(null as date) as week_start
    from occurrences
    where kind = 'signal'

    union all

    select
        {{ dbt_utils.generate_surrogate_key([
            "'stage_dwell_shift'", 'crm', 'object_type', 'pipeline', 'stage', 'segment',
            'week_start',
        ]) }} as evidence_id,
        'stage_dwell_shift' as signal,
        crm,
        object_type,
        cast(null as {{ text }}) as record_id,
        cast(null as {{ text }}) as record_key,
        pipeline,
        stage,
        segment,
        cast(null as {{ text }}) as team,
        cast(null as {{ text }}) as owner_id,
        cast(null as {{ dbt.type_boolean() }}) as is_live,
        cast(null as {{ type_amount() }}) as amount,
        occurred_at,
        variant as kind,
        detail,
        cast(null as {{ text }}) as field,
        cast(null as {{ text }}) as old_value,
        cast(null as {{ text }}) as new_value,
        cast(null as {{ text }}) as change_id,
        cast(null as {{ text }}) as changed_by,
        cast(null as {{ text }}) as actor_kind,
        cast(null as {{ text }}) as actor_team,
        cast(null as {{ text }}) as channel,
        cast(null as {{ text }}) as write_path,
        cast(null as {{ text }}) as automation_id,
        week_start
    from stage_dwell_shift
),

final as (
    select
        {%- for column in [
            'evidence_id', 'signal', 'crm', 'object_type', 'record_id', 'record_key', 'pipeline',
            'stage', 'segment', 'team', 'owner_id',
        ] %}
            cast({{ column }} as {{ text }}) as {{ column }},
        {%- endfor %}
        is_live,
        cast(amount as {{ type_amount() }}) as amount,
        occurred_at,
        {%- for column in [
            'kind', 'detail', 'field', 'old_value', 'new_value', 'change_id', 'changed_by',
            'actor_kind', 'actor_team', 'channel', 'write_path', 'automation_id',
        ] %}
            cast({{ column }} as {{ text }}) as {{ column }},
        {%- endfor %}
        week_start
    from united
)

select * from final
