-- One row per usable opportunity, visible at as_of or not.
{{ config(materialized='view') }}

with opportunities as (
    select * from {{ ref('base_salesforce__opportunity') }}
),

final as (
    select
        id as opportunity_id,
        created_date as created_at,
        account_id,
        name as opportunity_name,
        pipeline_c as pipeline,
        stage_name as stage,
        segment_c as segment,
        cast(null as {{ dbt.type_string() }}) as region,
        owner_id,
        amount,
        currency_iso_code as currency,
        close_date,
        lead_source,
        campaign_id as campaign,
        next_step,
        cast(null as {{ dbt.type_timestamp() }}) as next_step_at,
        coalesce(forecast_category_name, forecast_category) as forecast_category,
        loss_reason_c as loss_reason,
        cast(null as {{ dbt.type_timestamp() }}) as closed_at,
        is_closed,
        is_won,
        type as opportunity_type,
        legal_hold_c as is_on_legal_hold,
        last_modified_date as updated_at,
        last_activity_date,
        coalesce(is_deleted, false)
        or coalesce(_fivetran_deleted, false)
        or not coalesce(_fivetran_active, true) as is_flagged_deleted,
        case when is_deleted then coalesce(system_modstamp, last_modified_date) end as deleted_at,
        cast(null as {{ dbt.type_string() }}) as merged_into_id
    from opportunities
    where landing_status = 'staged' and is_latest_version
)

select * from final
