with final as (
    select
        'salesforce' as crm,
        id as touch_id,
        campaign_id,
        lead_id,
        contact_id,
        status,
        coalesce(has_responded, false)
        and (first_responded_date is null or first_responded_date <= {{ as_of() }})
            as has_responded,
        created_date as touched_at
    from {{ ref('base_salesforce__campaign_member') }}
    where
        landing_status = 'staged'
        and not coalesce(is_deleted, false)
        and created_date <= {{ as_of() }}
)

select * from final
