-- One row per record that an invoice or a contract names, be the row itself usable or not: what it
-- would have said protects the record all the same.
{{ config(materialized='view') }}

with contracts as (
    select * from {{ ref('base_open__contracts') }}
),

invoices as (
    select * from {{ ref('base_open__invoices') }}
),

final as (
    {% for table in ['contracts', 'invoices'] -%}
        {%- set outer_loop = loop -%}
        {%- for object_type in ['account', 'opportunity'] -%}
            select
                coalesce(crm, 'open') as record_crm,
                '{{ object_type }}' as object_type,
                {{ object_type }}_id as record_id
            from {{ table }}
            where {{ object_type }}_id is not null
            {%- if not (outer_loop.last and loop.last) %}

                union

            {% endif %}
        {%- endfor %}
    {%- endfor %}
)

select * from final
