{%- set text = dbt.type_string() %}
with landed as (
    {%- for crm, tables in landing_tables().items() %}
        {%- set outer_last = loop.last %}
        {%- for table in tables %}
            select
                '{{ crm }}' as crm,
                '{{ table }}' as source_table,
                source_key,
                reject_reason,
                raw
            from {{ ref('base_' ~ crm ~ '__' ~ table) }}
            where landing_status in ('rejected', 'superseded')
            {%- if not (loop.last and outer_last) %}

                union all
            {% endif %}
        {%- endfor %}
    {%- endfor %}
),

numbered as (
    select
        *,
        -- Rows that differ only in what is not declared look alike here.
        row_number() over (
            partition by crm, source_table, source_key, reject_reason, raw order by crm
        ) as copy_number
    from landed
),

final as (
    select
        cast({{ dbt_utils.generate_surrogate_key(
            ['crm', 'source_table', 'source_key', 'reject_reason', 'raw', 'copy_number']
        ) }} as {{ text }}) as rejected_row_id,
        cast(crm as {{ text }}) as crm,
        cast(source_table as {{ text }}) as source_table,
        cast(source_key as {{ text }}) as source_key,
        cast(reject_reason as {{ text }}) as reason,
        {{ as_of() }} as rejected_at,
        cast(raw as {{ text }}) as raw
    from numbered
)

select * from final
