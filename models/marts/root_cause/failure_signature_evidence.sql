-- One row per failure signature, window and case that shows it: the rows behind failure_signatures.
{%- set text = dbt.type_string() %}
with hits as (
    select *
    from {{ ref('int_signatures__cases') }}
    where is_hit
),

populations as (
    select *
    from {{ ref('int_signatures__populations') }}
    where is_computable
),

records as (
    select
        record_sk,
        record_id,
        segment,
        owner_id,
        amount
    from {{ ref('int_crm__records') }}
),

activities as (
    select
        record_key,
        activity_id,
        owner_id
    from {{ ref('stg_crm__activities') }}
),

users as (
    select
        crm,
        user_id,
        team
    from {{ ref('stg_crm__users') }}
),

field_changes as (
    select * from {{ ref('stg_crm__field_changes') }}
),

joined as (
    select
        {{ dbt_utils.generate_surrogate_key([
            'hits.signature', 'hits.signature_window', 'hits.record_key', 'hits.field',
            'changes.change_id', 'hits.part',
        ]) }} as evidence_id,
        hits.crm,
        populations.step,
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
    inner join populations
        on
            hits.signature = populations.signature
            and hits.crm = populations.crm
            and hits.object_type = populations.object_type
    left join records on hits.record_sk = records.record_sk
    left join activities on hits.record_key = activities.record_key
    left join users as owners
        on
            hits.crm = owners.crm
            and coalesce(records.owner_id, activities.owner_id) = owners.user_id
    left join field_changes as changes
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
