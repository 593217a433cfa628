-- One row per usable lead, visible at as_of or not.
{{ config(materialized='view') }}

with leads as (
    select * from {{ ref('base_salesforce__lead') }}
),

final as (
    select
        id as lead_id,
        coalesce(created_date, last_modified_date) as created_at,
        created_date is not null as has_creation_date,
        first_name,
        last_name,
        company,
        email,
        coalesce({{ strip('phone') }}, mobile_phone) as phone,
        mobile_phone,
        street,
        city,
        postal_code,
        coalesce(country_code, country) as country,
        cast(null as {{ dbt.type_string() }}) as region,
        title,
        status,
        segment_c as segment,
        owner_id,
        lead_source,
        case
            when has_opted_out_of_email then 'opted_out'
            else lower(consent_status_c)
        end as consent_status,
        has_opted_out_of_email as has_opted_out,
        do_not_call as do_not_contact,
        email_bounced_date as hard_bounced_at,
        coalesce(is_converted, false) or converted_date is not null as is_flagged_converted,
        converted_date as converted_at,
        converted_contact_id,
        converted_account_id,
        converted_opportunity_id,
        legal_hold_c as is_on_legal_hold,
        last_modified_date as updated_at,
        last_activity_date,
        coalesce(is_deleted, false)
        or coalesce(_fivetran_deleted, false)
        or not coalesce(_fivetran_active, true) as is_flagged_deleted,
        case when is_deleted then coalesce(system_modstamp, last_modified_date) end as deleted_at,
        master_record_id as merged_into_id
    from leads
    where landing_status = 'staged' and is_latest_version
)

select * from final
