-- One row per opportunity stage or lead status and name of it.
{{ config(materialized='view') }}

with opportunity_stages as (
    select * from {{ ref('base_salesforce__opportunity_stage') }}
),

lead_statuses as (
    select * from {{ ref('base_salesforce__lead_status') }}
),

-- The history may hold a stage under its label or under its API name.
labels as (
    select
        id,
        master_label as stage
    from opportunity_stages

    union

    select
        id,
        api_name as stage
    from opportunity_stages
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
    inner join labels on stages.id = labels.id and labels.stage is not null
    where stages.landing_status = 'staged'

    union all

    select
        'lead' as object_type,
        id as stage_row_id,
        cast(null as {{ dbt.type_string() }}) as pipeline,
        coalesce(master_label, api_name) as stage,
        master_label as stage_label,
        sort_order as stage_order,
        case when is_converted then 'won' else 'open' end as kind,
        cast(null as {{ dbt.type_boolean() }}) as is_milestone,
        coalesce(_fivetran_deleted, false) as is_retired
    from lead_statuses
    where landing_status = 'staged' and coalesce(master_label, api_name) is not null
)

select * from final
