-- One row per opportunity stage or lead status and name of it.
{{ config(materialized='view') }}

with opportunity_stages as (
    select * from {{ ref('base_salesforce__opportunity_stage') }}
),

lead_statuses as (
    select * from {{ ref('base_salesforce__lead_status') }}
),

-- Records and histories hold a stage or status under its label or under its API name.
labels as (
    {% for list in ['opportunity_stages', 'lead_statuses'] -%}
        {%- for name in ['master_label', 'api_name'] -%}
            select
                '{{ list }}' as list,
                id,
                {{ name }} as stage
            from {{ list }}
            where {{ name }} is not null
            {%- if not loop.last %}

                union

            {% endif %}
        {%- endfor %}
        {%- if not loop.last %}

            union

        {% endif %}
    {%- endfor %}
),

final as (
    select
        'opportunity' as object_type,
        stages.id as stage_row_id,
        cast(null as {{ dbt.type_string() }}) as pipeline,
        labels.stage,
        stages.master_label as stage_label,
        stages.sort_order as stage_order,
        case
            when stages.is_won then 'won'
            when stages.is_closed then 'lost'
            else 'open'
        end as kind,
        cast(null as {{ dbt.type_boolean() }}) as is_milestone,
        coalesce(stages._fivetran_deleted, false)
        or not coalesce(stages.is_active, true) as is_retired
    from opportunity_stages as stages
    inner join labels on labels.list = 'opportunity_stages' and stages.id = labels.id
    where stages.landing_status = 'staged'

    union all

    select
        'lead' as object_type,
        statuses.id as stage_row_id,
        cast(null as {{ dbt.type_string() }}) as pipeline,
        labels.stage,
        statuses.master_label as stage_label,
        statuses.sort_order as stage_order,
        -- Salesforce flags the status of a converted lead, and says nothing of the others.
        case when statuses.is_converted then 'won' end as kind,
        cast(null as {{ dbt.type_boolean() }}) as is_milestone,
        coalesce(statuses._fivetran_deleted, false) as is_retired
    from lead_statuses as statuses
    inner join labels on labels.list = 'lead_statuses' and statuses.id = labels.id
    where statuses.landing_status = 'staged'
)

select * from final
