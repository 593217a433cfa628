-- One row per contact on an opportunity, whatever its roles.
with landed as (
    {{ crm_union(
        'opportunity_contacts', ['opportunity_id', 'contact_id', 'role', 'is_primary']
    ) }}
),

final as (
    select
        crm,
        opportunity_id,
        contact_id,
        min(role) as role,
        max(case when is_primary then 1 when not is_primary then 0 end) = 1 as is_primary
    from landed
    group by crm, opportunity_id, contact_id
)

select * from final
