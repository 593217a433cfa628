-- One row per landed row that cannot be used, with what it tells of a person: which record, whose
-- e-mail address.
{{ config(materialized='view') }}

{%- set nothing = 'cast(null as ' ~ dbt.type_string() ~ ')' %}
with rejected as (
    {%- for crm, tables in landing_tables().items() %}
        {%- set outer_last = loop.last %}
        {%- for table in tables %}
            {%- set person = person_columns(crm, table) %}
            select
                '{{ crm }}' as crm,
                '{{ table }}' as source_table,
                source_key,
                reject_reason,
                raw,
                {{ person.object_type or nothing }} as object_type,
                {{ person.id or nothing }} as record_id,
                {{ dbt.hash(normalised_email(person.email or nothing)) }} as email_hash
            from {{ ref('base_' ~ crm ~ '__' ~ table) }}
            where landing_status in ('rejected', 'superseded')
            {%- if not (loop.last and outer_last) %}

                union all
            {% endif %}
        {%- endfor %}
    {%- endfor %}
),

final as (
    select
        *,
        -- Rows that differ only in what is not declared look alike here.
        row_number() over (
            partition by crm, source_table, source_key, reject_reason, raw order by crm
        ) as copy_number
    from rejected
)

select * from final
