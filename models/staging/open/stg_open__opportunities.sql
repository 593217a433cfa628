-- One row per usable opportunity, visible at as_of or not.
{{ config(materialized='view') }}

with opportunities as (
    select * from {{ ref('base_open__opportunities') }}
),

final as (
    select
        opportunity_id,
        coalesce(created_at, updated_at) as created_at,
        created_at is not null as has_creation_date,
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
        is_closed,
        is_won,
        type as opportunity_type,
        legal_hold as is_on_legal_hold,
        updated_at,
        cast(null as date) as last_activity_date,
        deleted_at is not null as is_flagged_deleted,
        deleted_at,
        merged_into_id
    from opportunities
    where landing_status = 'staged'
)

select * from final
