-- One row per row without values of a field history that names an event and not a field.
{{ config(materialized='view') }}

{%- set text = dbt.type_string() %}

with events as (
    {%- for object_type, table in [
        ('opportunity', 'opportunity_field_history'), ('opportunity', 'opportunity_history'),
        ('lead', 'lead_history'), ('account', 'account_history'),
        ('contact', 'contact_history'), ('case', 'case_history'),
    ] %}
        select
            '{{ object_type }}' as object_type,
            {{ object_type }}_id as record_id,
            id as event_id,
            created_date as occurred_at,
            {{ salesforce_event_type('field') }} as event_type,
            created_by_id as actor
        from {{ ref('base_salesforce__' ~ table) }}
        where
            landing_status = 'staged'
            and field is not null
            and old_value is null
            and new_value is null
            and not coalesce(is_deleted, false)
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

final as (
    select
        event_id,
        occurred_at,
        object_type,
        record_id,
        event_type,
        cast(null as {{ text }}) as stage_before,
        cast(null as {{ text }}) as stage_after,
        cast(null as {{ text }}) as owner_before,
        cast(null as {{ text }}) as owner_after,
        actor,
        cast(null as {{ text }}) as channel,
        cast(null as {{ text }}) as sla_state,
        cast(null as {{ text }}) as automation_id,
        cast(null as {{ text }}) as correlation_id
    from events
    where event_type <> 'created'
)

select * from final
