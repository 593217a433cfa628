-- One row per opportunity created by as_of, deleted and merged ones included.
with landed as (
    {{ crm_union('opportunities', [
        'opportunity_id', 'created_at', 'has_creation_date', 'account_id', 'opportunity_name',
        'pipeline', 'stage', 'segment', 'region', 'owner_id', 'amount', 'currency', 'close_date',
        'lead_source', 'campaign', 'next_step', 'next_step_at', 'forecast_category', 'loss_reason',
        'closed_at', 'is_closed', 'is_won', 'opportunity_type', 'is_on_legal_hold', 'updated_at',
        'last_activity_date', 'is_flagged_deleted', 'deleted_at', 'merged_into_id',
    ]) }}
),

final as (
    select
        {{ record_key('landed.crm', "'opportunity'", 'landed.opportunity_id') }} as record_key,
        landed.crm,
        landed.opportunity_id,
        landed.created_at,
        landed.has_creation_date,
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
        landed.is_closed or landed.is_won as is_closed,
        landed.is_won,
        landed.opportunity_type,
        landed.is_on_legal_hold,
        landed.updated_at,
        landed.last_activity_date,
        {{ deleted_and_merged_columns() }}
    from landed
    where landed.created_at <= {{ as_of() }}
)

select * from final
