{%- set text = dbt.type_string() %}
with counted as (
    {%- for crm, tables in landing_tables().items() %}
        {%- set outer_last = loop.last %}
        {%- set names = landed_names(crm) %}
        {%- for table in tables %}
            {%- set relation = landed_relation(crm, table, names) %}
            select
                '{{ crm }}' as crm,
                '{{ table }}' as source_table,
                {{ 'true' if relation is not none else 'false' }} as is_landed,
                {% if relation is not none -%}
                    (select count(*) from {{ relation }})
                {%- else -%}
                    0
                {%- endif %} as n_landed,
                count(case when landing_status = 'staged' then 1 end) as n_staged,
                count(case when landing_status = 'rejected' then 1 end) as n_unusable,
                count(case when landing_status = 'superseded' then 1 end) as n_superseded,
                count(case when landing_status = 'duplicate' then 1 end) as n_duplicates
            from {{ ref('base_' ~ crm ~ '__' ~ table) }}
            {%- if not (loop.last and outer_last) %}

                union all
            {% endif %}
        {%- endfor %}
    {%- endfor %}
),

final as (
    select
        cast(crm as {{ text }}) as crm,
        cast(source_table as {{ text }}) as source_table,
        is_landed,
        cast(n_landed as {{ dbt.type_bigint() }}) as n_landed,
        cast(n_staged as {{ dbt.type_bigint() }}) as n_staged,
        cast(n_unusable + n_superseded as {{ dbt.type_bigint() }}) as n_rejected,
        cast(n_superseded as {{ dbt.type_bigint() }}) as n_superseded,
        cast(n_duplicates as {{ dbt.type_bigint() }}) as n_duplicates
    from counted
    where crm in ('{{ crm_sources() | join("', '") }}')
)

select * from final
