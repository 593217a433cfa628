-- One row per activity and record that it names.
{{ config(materialized='view') }}

with activities as (
    select * from {{ ref('base_open__activities') }}
),

final as (
    {%- for object_type in ['account', 'contact', 'lead', 'opportunity'] %}
        select
            activity_id,
            '{{ object_type }}' as object_type,
            {{ object_type }}_id as record_id
        from activities
        where landing_status = 'staged' and {{ strip(object_type ~ '_id') }} is not null
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
)

select * from final
