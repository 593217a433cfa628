-- One row per machine to be stopped, day, record and field: what to put back.
{%- set text = dbt.type_string() %}
with reverts as (
    select * from {{ ref('int_root_cause__reverts') }}
),

final as (
    select
        cast(crm as {{ text }}) as crm,
        cast(machine as {{ text }}) as machine,
        change_date,
        cast(record_key as {{ text }}) as record_key,
        cast(object_type as {{ text }}) as object_type,
        cast(record_id as {{ text }}) as record_id,
        cast(owner_id as {{ text }}) as owner_id,
        cast(team as {{ text }}) as team,
        cast(amount as {{ type_amount() }}) as amount,
        cast(field as {{ text }}) as field,
        {%- for value in ['restore_value', 'bad_value', 'current_value'] %}
            cast({{ shown_value('object_type', 'field', value) }} as {{ text }}) as {{ value }},
        {%- endfor %}
        is_standing,
        cast(n_bad_changes as {{ dbt.type_bigint() }}) as n_bad_changes,
        cast(rules as {{ text }}) as rules,
        last_changed_at
    from reverts
)

select * from final
