-- One row per usable deal, visible at as_of or not. A deal that is won or lost keeps its last
-- stage_id: here its status is its stage.
{{ config(materialized='view') }}

with deals as (
    select * from {{ ref('base_pipedrive__deals') }}
),

final as (
    select
        id as opportunity_id,
        add_time as created_at,
        true as has_creation_date,
        org_id as account_id,
        title as opportunity_name,
        pipeline_id as pipeline,
        case when status in ('won', 'lost') then status else stage_id end as stage,
        cast(null as {{ dbt.type_string() }}) as segment,
        cast(null as {{ dbt.type_string() }}) as region,
        user_id as owner_id,
        value as amount,
        currency,
        coalesce(cast(close_time as date), expected_close_date) as close_date,
        cast(null as {{ dbt.type_string() }}) as lead_source,
        cast(null as {{ dbt.type_string() }}) as campaign,
        cast(null as {{ dbt.type_string() }}) as next_step,
        cast(null as {{ dbt.type_timestamp() }}) as next_step_at,
        cast(null as {{ dbt.type_string() }}) as forecast_category,
        lost_reason as loss_reason,
        close_time as closed_at,
        status in ('won', 'lost') as is_closed,
        status = 'won' as is_won,
        cast(null as {{ dbt.type_string() }}) as opportunity_type,
        cast(null as {{ dbt.type_boolean() }}) as is_on_legal_hold,
        update_time as updated_at,
        last_activity_date,
        coalesce(status = 'deleted', false) as is_flagged_deleted,
        cast(null as {{ dbt.type_timestamp() }}) as deleted_at,
        cast(null as {{ dbt.type_string() }}) as merged_into_id
    from deals
    where landing_status = 'staged'
)

select * from final
