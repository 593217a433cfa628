-- One row per change of a lead source after creation; of a record without one, where the source
-- says nothing.
{%- set text = dbt.type_string() %}
with crm_records as (
    select * from {{ ref('int_crm__records') }}
),

inputs as (
    select * from {{ ref('int_crm__inputs') }}
),

field_changes as (
    select * from {{ ref('int_history__edits') }}
),

records as (
    select
        records.record_sk,
        records.created_at,
        {{ blank_to_null('records.lead_source') }} as lead_source
    from crm_records as records
    inner join inputs
        on
            records.crm = inputs.crm
            and records.object_type = inputs.object_type
            and inputs.input = 'lead_source'
    where records.object_type in ('opportunity', 'lead')
),

changes as (
    select
        changes.record_sk,
        changes.change_number,
        changes.changed_at,
        changes.old_value,
        changes.new_value
    from field_changes as changes
    inner join records on changes.record_sk = records.record_sk
    where changes.field = 'lead_source' and changes.changed_at > records.created_at
),

changed_records as (
    select distinct record_sk
    from changes
),

final as (
    select
        record_sk,
        'lead_source' as field,
        change_number,
        changed_at as occurred_at,
        cast(null as {{ text }}) as part,
        'lead source changed after creation, from ' || coalesce(old_value, 'blank')
        || ' to ' || coalesce(new_value, 'blank') as detail
    from changes

    union all

    select
        records.record_sk,
        cast(null as {{ text }}) as field,
        cast(null as {{ dbt.type_bigint() }}) as change_number,
        records.created_at as occurred_at,
        cast(null as {{ text }}) as part,
        'lead source is ' || coalesce({{ strip('records.lead_source') }}, 'blank') as detail
    from records
    left join changed_records on records.record_sk = changed_records.record_sk
    where
        changed_records.record_sk is null
        and (
            records.lead_source is null
            or lower({{ strip('records.lead_source') }}) = 'other'
        )
)

select * from final
