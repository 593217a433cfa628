-- One row per record that a document names and times of it, be its row usable or not: what it would
-- have said protects the record all the same.
{{ config(materialized='view') }}

with documents as (
    select *
    from {{ ref('base_open__documents') }}
    where landing_status in ('staged', 'rejected')
),

final as (
    {%- for object_type in ['account', 'contact', 'opportunity'] %}
        select
            coalesce(crm, 'open') as record_crm,
            '{{ object_type }}' as object_type,
            {{ object_type }}_id as record_id,
            case when landing_status = 'staged' then created_at end as created_at,
            case when landing_status = 'staged' then expires_at end as expires_at
        from documents
        where {{ object_type }}_id is not null
        {%- if not loop.last %}

            union
        {% endif %}
    {%- endfor %}
)

select * from final
