-- One row per SLA × CRM × object type × scope (everyone, a team, an owner): how it is kept at
-- as_of.
{{ config(materialized='view') }}

{%- set nothing = 'cast(null as ' ~ dbt.type_string() ~ ')' %}
{%- set scopes = {'all': [], 'team': ['team'], 'owner': ['team', 'owner_id', 'manager_id']} %}

with populations as (
    select * from {{ ref('int_health__sla_populations') }}
),

verdicts as (
    select * from {{ ref('int_health__sla_verdicts') }}
),

counted as (
    {%- for scope, columns in scopes.items() %}
        select
            sla_id,
            crm,
            object_type,
            '{{ scope }}' as scope,
            {%- for column in ['team', 'owner_id', 'manager_id'] %}
                {{ column if column in columns else nothing }} as {{ column }},
            {%- endfor %}
            count(*) as n_records,
            sum(case when is_breach then 1 else 0 end) as n_breaches
        from verdicts
        group by {{ (['sla_id', 'crm', 'object_type'] + columns) | join(', ') }}
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

-- Each population has a row for everyone, also where it has no record or cannot be judged.
measured as (
    select
        populations.sla_id,
        populations.crm,
        populations.object_type,
        populations.target,
        populations.is_computable,
        coalesce(counted.scope, 'all') as scope,
        counted.team,
        counted.owner_id,
        counted.manager_id,
        case when populations.is_computable then coalesce(counted.n_records, 0) end as n_records,
        case when populations.is_computable then coalesce(counted.n_breaches, 0) end as n_breaches
    from populations
    left join counted
        on
            populations.sla_id = counted.sla_id
            and populations.crm = counted.crm
            and populations.object_type = counted.object_type
),

final as (
    select
        *,
        cast(cast(n_breaches as {{ type_double() }}) / nullif(n_records, 0) as decimal(9, 6))
            as rate,
        case
            when not is_computable then 'not_landed'
            when n_records = 0 then 'no_records'
            when n_breaches <= target * n_records then 'met'
            else 'missed'
        end as status
    from measured
)

select * from final
