-- One row per usable deal, visible at as_of or not.
{{ config(materialized='view') }}

with deals as (
    select * from {{ ref('base_hubspot__deal') }}
),

merged_records as (
    select * from {{ ref('base_hubspot__merged_records') }}
),

deal_companies as (
    select * from {{ ref('base_hubspot__deal_company') }}
),

accounts as (
    select
        deal_companies.deal_id,
        deal_companies.company_id,
        -- Type 5 is HubSpot's own label for the primary company.
        row_number() over (
            partition by deal_companies.deal_id
            order by
                case
                    when deal_companies.type_id = '5' then 0
                    when deal_companies.company_id = deals.property_hs_primary_associated_company
                        then 1
                    else 2
                end,
                deal_companies.company_id
        ) as place
    from deal_companies
    left join deals
        on
            deal_companies.deal_id = deals.deal_id
            and deals.landing_status = 'staged'
            and deals.is_latest_version
    where
        deal_companies.landing_status = 'staged'
        and not coalesce(deal_companies._fivetran_deleted, false)
),

final as (
    select
        deals.deal_id as opportunity_id,
        coalesce(deals.property_createdate, deals.property_hs_lastmodifieddate) as created_at,
        deals.property_createdate is not null as has_creation_date,
        accounts.company_id as account_id,
        deals.property_dealname as opportunity_name,
        deals.deal_pipeline_id as pipeline,
        deals.deal_pipeline_stage_id as stage,
        deals.property_segment as segment,
        cast(null as {{ dbt.type_string() }}) as region,
        deals.owner_id,
        deals.property_amount as amount,
        deals.property_deal_currency_code as currency,
        cast(deals.property_closedate as date) as close_date,
        deals.property_hs_analytics_source as lead_source,
        deals.property_campaign as campaign,
        deals.property_hs_next_step as next_step,
        cast(null as {{ dbt.type_timestamp() }}) as next_step_at,
        deals.property_hs_manual_forecast_category as forecast_category,
        deals.property_closed_lost_reason as loss_reason,
        cast(null as {{ dbt.type_timestamp() }}) as closed_at,
        deals.property_hs_is_closed as is_closed,
        deals.property_hs_is_closed_won as is_won,
        deals.property_dealtype as opportunity_type,
        deals.property_legal_hold as is_on_legal_hold,
        deals.property_hs_lastmodifieddate as updated_at,
        cast(deals.property_notes_last_contacted as date) as last_activity_date,
        coalesce(deals.is_deleted, false)
        or coalesce(deals._fivetran_deleted, false)
        or not coalesce(deals._fivetran_active, true) as is_flagged_deleted,
        cast(null as {{ dbt.type_timestamp() }}) as deleted_at,
        merged_records.merged_into_id
    from deals
    left join accounts on deals.deal_id = accounts.deal_id and accounts.place = 1
    left join merged_records
        on merged_records.object_type = 'opportunity' and deals.deal_id = merged_records.record_id
    where deals.landing_status = 'staged' and deals.is_latest_version
)

select * from final
