-- One row per live record and archetype that it shows: what is dirty, since when, and by which
-- step?
{%- set text = dbt.type_string() %}
with dirty_records as (
    select * from {{ ref('int_root_cause__dirty_records') }}
),

final as (
    select
        {%- for column in [
            'record_key', 'crm', 'object_type', 'record_id', 'archetype', 'severity', 'segment',
            'owner_id', 'team', 'stage',
        ] %}
            cast({{ column }} as {{ text }}) as {{ column }},
        {%- endfor %}
        is_open,
        cast(amount as {{ type_amount() }}) as amount,
        cast(n_occurrences as {{ dbt.type_bigint() }}) as n_occurrences,
        first_bad_at,
        last_bad_at,
        {%- for column in [
            'first_bad_change_id', 'field', 'old_value', 'new_value', 'detail', 'actor_id',
            'actor_kind', 'channel', 'automation_id', 'causing_step', 'confidence',
            'preceding_event_id', 'preceding_event_type',
        ] %}
            cast({{ column }} as {{ text }}) as {{ column }},
        {%- endfor %}
        preceding_event_at,
        cast(preceding_event_matched_by as {{ text }}) as preceding_event_matched_by
    from dirty_records
)

select * from final
