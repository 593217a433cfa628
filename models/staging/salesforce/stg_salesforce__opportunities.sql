-- One row per usable opportunity, visible at as_of or not.
{{ config(materialized='view') }}

with opportunities as (
    select * from {{ ref('base_salesforce__opportunity') }}
),

record_types as (
    select * from {{ ref('base_salesforce__record_type') }}
    where landing_status = 'staged'
),

final as (
    select
        opportunities.id as opportunity_id,
        coalesce(opportunities.created_date, opportunities.last_modified_date) as created_at,
        opportunities.created_date is not null as has_creation_date,
        opportunities.account_id,
        opportunities.name as opportunity_name,
        coalesce(
            opportunities.pipeline_c,
            record_types.developer_name,
            record_types.name,
            opportunities.record_type_id
        ) as pipeline,
        opportunities.stage_name as stage,
        opportunities.segment_c as segment,
        cast(null as {{ dbt.type_string() }}) as region,
        opportunities.owner_id,
        opportunities.amount,
        opportunities.currency_iso_code as currency,
        opportunities.close_date,
        opportunities.lead_source,
        opportunities.campaign_id as campaign,
        opportunities.next_step,
        cast(null as {{ dbt.type_timestamp() }}) as next_step_at,
        coalesce(opportunities.forecast_category_name, opportunities.forecast_category)
            as forecast_category,
        opportunities.loss_reason_c as loss_reason,
        cast(null as {{ dbt.type_timestamp() }}) as closed_at,
        opportunities.is_closed,
        opportunities.is_won,
        opportunities.type as opportunity_type,
        opportunities.legal_hold_c as is_on_legal_hold,
        opportunities.last_modified_date as updated_at,
        opportunities.last_activity_date,
        coalesce(opportunities.is_deleted, false)
        or coalesce(opportunities._fivetran_deleted, false)
        or not coalesce(opportunities._fivetran_active, true) as is_flagged_deleted,
        case
            when opportunities.is_deleted
                then coalesce(opportunities.system_modstamp, opportunities.last_modified_date)
        end as deleted_at,
        cast(null as {{ dbt.type_string() }}) as merged_into_id
    from opportunities
    left join record_types on opportunities.record_type_id = record_types.id
    where opportunities.landing_status = 'staged' and opportunities.is_latest_version
)

select * from final
