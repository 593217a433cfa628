-- One row per case created by as_of, deleted and merged ones included.
with landed as (
    {{ crm_union('cases', [
        'case_id', 'created_at', 'has_creation_date', 'account_id', 'contact_id', 'status',
        'is_flagged_closed', 'closed_at', 'owner_id', 'is_on_legal_hold', 'updated_at',
        'is_flagged_deleted', 'deleted_at', 'merged_into_id',
    ]) }}
),

final as (
    select
        {{ record_key('landed.crm', "'case'", 'landed.case_id') }} as record_key,
        landed.crm,
        landed.case_id,
        landed.created_at,
        landed.has_creation_date,
        landed.account_id,
        landed.contact_id,
        landed.status,
        landed.is_flagged_closed
        and (landed.closed_at is null or landed.closed_at <= {{ as_of() }}) as is_closed,
        case when landed.closed_at <= {{ as_of() }} then landed.closed_at end as closed_at,
        landed.owner_id,
        landed.is_on_legal_hold,
        landed.updated_at,
        {{ deleted_and_merged_columns() }}
    from landed
    where landed.created_at <= {{ as_of() }}
)

select * from final
