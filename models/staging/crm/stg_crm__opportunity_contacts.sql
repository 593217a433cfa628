with landed as (
    select
        'salesforce' as crm,
        opportunity_id,
        contact_id,
        role,
        is_primary
    from {{ ref('base_salesforce__opportunity_contact_role') }}
    where
        landing_status = 'staged'
        and not coalesce(is_deleted, false)
        and (created_date is null or created_date <= {{ as_of() }})

    union all

    -- HubSpot holds a row per label of a pair.
    select
        'hubspot' as crm,
        deal_id as opportunity_id,
        contact_id,
        cast(null as {{ dbt.type_string() }}) as role,
        cast(null as {{ dbt.type_boolean() }}) as is_primary
    from {{ ref('base_hubspot__deal_contact') }}
    where landing_status = 'staged'

    union all

    select
        'open' as crm,
        opportunity_id,
        contact_id,
        role,
        is_primary
    from {{ ref('base_open__opportunity_contacts') }}
    where landing_status = 'staged'
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
