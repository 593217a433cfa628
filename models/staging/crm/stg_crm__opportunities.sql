with hubspot_accounts as (
    select
        deal_id,
        company_id,
        -- Type 5 is HubSpot's own label for the primary company.
        row_number() over (
            partition by deal_id
            order by case when type_id = '5' then 0 else 1 end, company_id
        ) as place
    from {{ ref('base_hubspot__deal_company') }}
    where landing_status = 'staged'
),

landed as (
    select
        'salesforce' as crm,
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
        type as opportunity_type,
        legal_hold_c as is_on_legal_hold,
        last_modified_date as updated_at,
        last_activity_date,
        coalesce(is_deleted, false)
        or coalesce(_fivetran_deleted, false)
        or not coalesce(_fivetran_active, true) as is_flagged_deleted,
        case when is_deleted then coalesce(system_modstamp, last_modified_date) end as deleted_at,
        cast(null as {{ dbt.type_string() }}) as merged_into_id
    from {{ ref('base_salesforce__opportunity') }}
    where landing_status = 'staged' and is_latest_version

    union all

    select
        'hubspot' as crm,
        deals.deal_id as opportunity_id,
        deals.property_createdate as created_at,
        hubspot_accounts.company_id as account_id,
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
        deals.property_dealtype as opportunity_type,
        deals.property_legal_hold as is_on_legal_hold,
        deals.property_hs_lastmodifieddate as updated_at,
        cast(deals.property_notes_last_contacted as date) as last_activity_date,
        coalesce(deals.is_deleted, false)
        or coalesce(deals._fivetran_deleted, false)
        or not coalesce(deals._fivetran_active, true) as is_flagged_deleted,
        cast(null as {{ dbt.type_timestamp() }}) as deleted_at,
        merged_records.merged_into_id
    from {{ ref('base_hubspot__deal') }} as deals
    left join hubspot_accounts
        on deals.deal_id = hubspot_accounts.deal_id and hubspot_accounts.place = 1
    left join {{ ref('base_hubspot__merged_records') }} as merged_records
        on merged_records.object_type = 'opportunity' and deals.deal_id = merged_records.record_id
    where deals.landing_status = 'staged' and deals.is_latest_version

    union all

    select
        'open' as crm,
        opportunity_id,
        created_at,
        account_id,
        name as opportunity_name,
        pipeline,
        stage,
        segment,
        region,
        owner_id,
        amount,
        currency,
        close_date,
        lead_source,
        campaign,
        next_step,
        next_step_at,
        forecast_category,
        loss_reason,
        closed_at,
        type as opportunity_type,
        legal_hold as is_on_legal_hold,
        updated_at,
        cast(null as date) as last_activity_date,
        deleted_at is not null as is_flagged_deleted,
        deleted_at,
        merged_into_id
    from {{ ref('base_open__opportunities') }}
    where landing_status = 'staged'
),

final as (
    select
        {{ record_key('landed.crm', "'opportunity'", 'landed.opportunity_id') }} as record_key,
        landed.crm,
        landed.opportunity_id,
        landed.created_at,
        landed.account_id,
        landed.opportunity_name,
        landed.pipeline,
        landed.stage,
        landed.segment,
        landed.region,
        landed.owner_id,
        landed.amount,
        landed.currency,
        landed.close_date,
        landed.lead_source,
        landed.campaign,
        landed.next_step,
        landed.next_step_at,
        landed.forecast_category,
        landed.loss_reason,
        case when landed.closed_at <= {{ as_of() }} then landed.closed_at end as closed_at,
        landed.opportunity_type,
        landed.is_on_legal_hold,
        landed.updated_at,
        landed.last_activity_date,
        {{ deleted_and_merged_columns() }}
    from landed
    where landed.created_at <= {{ as_of() }}
)

select * from final
