-- One row per task or event and record that it names: who and what tell their object by the first
-- characters of the id. Other objects are left out.
{{ config(materialized='view') }}

with tasks as (
    select * from {{ ref('base_salesforce__task') }}
),

events as (
    select * from {{ ref('base_salesforce__event') }}
),

named as (
    {%- for table in ['tasks', 'events'] %}
        {%- set outer_loop = loop %}
        {%- for column, prefix, object_type in [
            ('account_id', '001', 'account'),
            ('what_id', '001', 'account'),
            ('what_id', '006', 'opportunity'),
            ('who_id', '003', 'contact'),
            ('who_id', '00Q', 'lead'),
        ] %}
            select
                id as activity_id,
                '{{ object_type }}' as object_type,
                {{ column }} as record_id
            from {{ table }}
            where
                landing_status = 'staged'
                and is_latest_version
                and {{ column }} like '{{ prefix }}%'
            {%- if not (loop.last and outer_loop.last) %}

                union all
            {% endif %}
        {%- endfor %}
    {%- endfor %}
),

final as (
    select distinct
        activity_id,
        object_type,
        record_id
    from named
)

select * from final
