{%- set text = dbt.type_string() -%}
{%- set steps = ['handoff', 'stage_change', 'incentive', 'sla'] -%}
with hits as (
    {%- for step in steps %}
        select
            signature,
            record_sk,
            record_key,
            crm,
            object_type,
            part,
            field,
            change_number,
            occurred_at,
            signature_window,
            related_id,
            related_at,
            detail
        from {{ ref('int_root_cause__' ~ step ~ '_cases') }}
        where is_hit
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

joined as (
    select
        {{ dbt_utils.generate_surrogate_key([
            'hits.signature', 'hits.signature_window', 'hits.record_key', 'hits.field',
            'changes.change_id', 'hits.part',
        ]) }} as evidence_id,
        hits.crm,
        signatures.step,
        hits.signature,
        hits.signature_window,
        hits.object_type,
        hits.record_key,
        coalesce(records.record_id, activities.activity_id) as record_id,
        records.segment,
        coalesce(records.owner_id, activities.owner_id) as owner_id,
        owners.team,
        records.amount,
        hits.occurred_at,
        hits.detail,
        hits.field,
        {{ shown_value('hits.object_type', 'hits.field', 'changes.old_value') }} as old_value,
        {{ shown_value('hits.object_type', 'hits.field', 'changes.new_value') }} as new_value,
        changes.change_id,
        changes.changed_by,
        changes.actor_kind,
        changes.channel,
        changes.automation_id,
        hits.related_id,
        hits.related_at
    from hits
    inner join {{ ref('failure_signatures') }} as signatures
        on
            hits.signature = signatures.signature
            and hits.crm = signatures.crm
            and hits.object_type = signatures.object_type
            and signatures.status <> 'not_landed'
    left join {{ ref('int_crm__records') }} as records on hits.record_sk = records.record_sk
    left join {{ ref('stg_crm__activities') }} as activities
        on hits.record_key = activities.record_key
    left join {{ ref('stg_crm__users') }} as owners
        on
            hits.crm = owners.crm
            and coalesce(records.owner_id, activities.owner_id) = owners.user_id
    left join {{ ref('stg_crm__field_changes') }} as changes
        on
            hits.record_sk = changes.record_sk
            and hits.field = changes.field
            and hits.change_number = changes.change_number
),

final as (
    select
        {%- for column in [
            'evidence_id', 'crm', 'step', 'signature', 'signature_window', 'object_type',
            'record_key', 'record_id', 'segment', 'owner_id', 'team',
        ] %}
            cast({{ column }} as {{ text }}) as {{ column }},
        {%- endfor %}
        cast(amount as {{ type_amount() }}) as amount,
        occurred_at,
        {%- for column in [
            'detail', 'field', 'old_value', 'new_value', 'change_id', 'changed_by', 'actor_kind',
            'channel', 'automation_id', 'related_id',
        ] %}
            cast({{ column }} as {{ text }}) as {{ column }},
        {%- endfor %}
        related_at
    from joined
)

select * from final
