-- One row per landed change, copies included.
{{ config(materialized='view') }}

{%- set text = dbt.type_string() %}

with changes as (
    select * from {{ ref('base_open__changes') }}
),

final as (
    select
        object_type,
        record_id,
        'changes' as source_table,
        -- A change without an id is identified by all that it tells: exact copies are gone by here.
        case
            when not {{ is_blank('change_id') }} then change_id
            else
                object_type || ':' || record_id || ':' || field
                {%- for column in [
                    'changed_at', 'sequence', 'old_value', 'new_value', 'changed_by', 'channel',
                    'automation_id', 'correlation_id',
                ] %}
                    || ':' || coalesce(cast({{ column }} as {{ text }}), '')
                {%- endfor %}
        end as change_id,
        sequence as change_sequence,
        field as landed_field,
        field,
        old_value,
        new_value,
        changed_at,
        changed_by,
        cast(null as {{ text }}) as login_id,
        cast(null as {{ text }}) as actor_kind,
        lower(channel) as channel,
        {{ path_of_channel('channel') }} as told_write_path,
        false as is_channel_by_actor,
        automation_id,
        correlation_id,
        false as is_calculated,
        landing_status <> 'staged' as is_duplicate,
        false as is_first_value
    from changes
    where landing_status in ('staged', 'duplicate', 'superseded')
)

select * from final
