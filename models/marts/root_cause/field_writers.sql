-- One row per CRM, object type, field and writer: who really writes it, and may they?
{%- set text = dbt.type_string() -%}
{%- set bigint = dbt.type_bigint() %}
with writers as (
    select * from {{ ref('int_root_cause__field_writers') }}
),

final as (
    select
        cast(crm as {{ text }}) as crm,
        cast(object_type as {{ text }}) as object_type,
        cast(field as {{ text }}) as field,
        cast(changed_by as {{ text }}) as changed_by,
        cast(actor_kind as {{ text }}) as actor_kind,
        cast(actor_team as {{ text }}) as actor_team,
        cast(channel as {{ text }}) as channel,
        cast(write_path as {{ text }}) as write_path,
        cast(automation_id as {{ text }}) as automation_id,
        cast(n_changes as {{ bigint }}) as n_changes,
        cast(n_records as {{ bigint }}) as n_records,
        cast(share as decimal(9, 6)) as share,
        cast(n_after_creation as {{ bigint }}) as n_after_creation,
        first_changed_at,
        last_changed_at,
        cast(verdict as {{ text }}) as verdict
    from writers
)

select * from final
