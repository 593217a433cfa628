-- One row per touch of a person by a campaign, as known at as_of, in all CRMs.
with told as (
    {{ crm_union('campaign_touches', [
        'touch_id', 'campaign_id', 'lead_id', 'contact_id', 'status', 'has_responded',
        'responded_at', 'touched_at',
    ]) }}
),

final as (
    select
        crm,
        touch_id,
        campaign_id,
        lead_id,
        contact_id,
        status,
        has_responded
        and (responded_at is null or responded_at <= {{ as_of() }}) as has_responded,
        touched_at
    from told
    where touched_at <= {{ as_of() }}
)

select * from final
