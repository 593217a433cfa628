with hubspot_contacts as (
    select
        ticket_id,
        min(contact_id) as contact_id
    from {{ ref('base_hubspot__ticket_contact') }}
    where landing_status = 'staged'
    group by ticket_id
),

hubspot_accounts as (
    select
        ticket_id,
        min(company_id) as account_id
    from {{ ref('base_hubspot__ticket_company') }}
    where landing_status = 'staged'
    group by ticket_id
),

landed as (
    select
        'salesforce' as crm,
        id as case_id,
        created_date as created_at,
        account_id,
        contact_id,
        status,
        coalesce(is_closed, closed_date is not null) as is_flagged_closed,
        closed_date as closed_at,
        owner_id,
        legal_hold_c as is_on_legal_hold,
        last_modified_date as updated_at,
        coalesce(is_deleted, false)
        or coalesce(_fivetran_deleted, false)
        or not coalesce(_fivetran_active, true) as is_flagged_deleted,
        case when is_deleted then coalesce(system_modstamp, last_modified_date) end as deleted_at,
        master_record_id as merged_into_id
    from {{ ref('base_salesforce__case') }}
    where landing_status = 'staged' and is_latest_version

    union all

    select
        'hubspot' as crm,
        tickets.id as case_id,
        tickets.property_createdate as created_at,
        hubspot_accounts.account_id,
        hubspot_contacts.contact_id,
        tickets.property_hs_pipeline_stage as status,
        tickets.property_closed_date is not null as is_flagged_closed,
        tickets.property_closed_date as closed_at,
        tickets.property_hubspot_owner_id as owner_id,
        tickets.property_legal_hold as is_on_legal_hold,
        tickets.property_hs_lastmodifieddate as updated_at,
        coalesce(tickets.is_deleted, false)
        or coalesce(tickets._fivetran_deleted, false)
        or not coalesce(tickets._fivetran_active, true) as is_flagged_deleted,
        cast(null as {{ dbt.type_timestamp() }}) as deleted_at,
        merged_records.merged_into_id
    from {{ ref('base_hubspot__ticket') }} as tickets
    left join hubspot_contacts on tickets.id = hubspot_contacts.ticket_id
    left join hubspot_accounts on tickets.id = hubspot_accounts.ticket_id
    left join {{ ref('base_hubspot__merged_records') }} as merged_records
        on merged_records.object_type = 'case' and tickets.id = merged_records.record_id
    where tickets.landing_status = 'staged' and tickets.is_latest_version

    union all

    select
        'open' as crm,
        case_id,
        created_at,
        account_id,
        contact_id,
        status,
        coalesce(is_closed, closed_at is not null) as is_flagged_closed,
        closed_at,
        owner_id,
        legal_hold as is_on_legal_hold,
        updated_at,
        deleted_at is not null as is_flagged_deleted,
        deleted_at,
        merged_into_id
    from {{ ref('base_open__cases') }}
    where landing_status = 'staged'
),

final as (
    select
        {{ record_key('landed.crm', "'case'", 'landed.case_id') }} as record_key,
        landed.crm,
        landed.case_id,
        landed.created_at,
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
