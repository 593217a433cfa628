-- One row per usable record that can have a history: who made it. Salesforce names a user, a
-- machine's too, and no channel.
{{ config(materialized='view') }}

{%- set text = dbt.type_string() %}

with final as (
    {%- for object_type in ['account', 'contact', 'lead', 'opportunity', 'case'] %}
        select
            '{{ object_type }}' as object_type,
            id as record_id,
            created_by_id as created_by,
            cast(null as {{ text }}) as login_id,
            cast(null as {{ text }}) as actor_kind,
            cast(null as {{ text }}) as channel,
            cast(null as {{ text }}) as told_write_path,
            true as is_channel_by_actor,
            cast(null as {{ text }}) as automation_id
        from {{ ref('base_salesforce__' ~ object_type) }}
        where landing_status = 'staged' and is_latest_version and created_by_id is not null
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
)

select * from final
