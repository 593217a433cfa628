-- One row per usable record of which the landing tells by whom or through what it was made.
{{ config(materialized='view') }}

{%- set text = dbt.type_string() %}

with final as (
    {%- for object_type, table in [
        ('account', 'accounts'), ('contact', 'contacts'), ('lead', 'leads'),
        ('opportunity', 'opportunities'), ('case', 'cases'),
    ] %}
        select
            '{{ object_type }}' as object_type,
            {{ object_type }}_id as record_id,
            created_by,
            cast(null as {{ text }}) as login_id,
            cast(null as {{ text }}) as actor_kind,
            lower(created_channel) as channel,
            {{ path_of_channel('created_channel') }} as told_write_path,
            false as is_channel_by_actor,
            cast(null as {{ text }}) as automation_id
        from {{ ref('base_open__' ~ table) }}
        where landing_status = 'staged' and coalesce(created_by, created_channel) is not null
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
)

select * from final
