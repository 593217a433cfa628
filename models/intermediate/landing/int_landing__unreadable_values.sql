-- One row per landed table and set of columns whose values could not be read, of rows that are
-- used all the same: how many, and one of them.
with unreadable as (
    {%- for crm, tables in landing_tables().items() %}
        {%- set outer_last = loop.last %}
        {%- for table in tables %}
            select
                '{{ crm }}' as crm,
                '{{ table }}' as source_table,
                unreadable_columns,
                source_key
            from {{ ref('base_' ~ crm ~ '__' ~ table) }}
            where unreadable_columns is not null
            {%- if not (loop.last and outer_last) %}

                union all
            {% endif %}
        {%- endfor %}
    {%- endfor %}
),

final as (
    select
        crm,
        source_table,
        unreadable_columns,
        count(*) as n_rows,
        min(source_key) as example_key
    from unreadable
    group by crm, source_table, unreadable_columns
)

select * from final
