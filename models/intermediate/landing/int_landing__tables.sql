-- One row per declared table of each landing that is read: whether it is landed, and where its rows
-- went.
{%- set tables = [] -%}
{%- for crm, names in landing_tables().items() if crm in crm_sources() -%}
    {%- set landed = landed_names(crm) -%}
    {%- for name in names -%}
        {%- do tables.append((crm, name, landed_relation(crm, name, landed))) -%}
    {%- endfor -%}
{%- endfor %}
with final as (
    {%- for crm, table, relation in tables %}
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
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
)

select * from final
