-- One row per usable contact, visible at as_of or not.
{{ config(materialized='view') }}

with contacts as (
    select * from {{ ref('base_salesforce__contact') }}
),

final as (
    select
        id as contact_id,
        coalesce(created_date, last_modified_date) as created_at,
        created_date is not null as has_creation_date,
        account_id,
        first_name,
        last_name,
        email,
        coalesce({{ strip('phone') }}, mobile_phone) as phone,
        mobile_phone,
        mailing_street as street,
        mailing_city as city,
        mailing_postal_code as postal_code,
        coalesce(mailing_country_code, mailing_country) as country,
        cast(null as {{ dbt.type_string() }}) as region,
        title,
        owner_id,
        lifecycle_stage_c as lifecycle_stage,
        lead_source,
        case
            when has_opted_out_of_email then 'opted_out'
            else lower(consent_status_c)
        end as consent_status,
        has_opted_out_of_email as has_opted_out,
        lower(lawful_basis_c) as lawful_basis,
        do_not_call as do_not_contact,
        case
            when is_email_bounced is null and email_bounced_date is null then null
            else coalesce(is_email_bounced, false) or email_bounced_date is not null
        end as is_hard_bounced,
        email_bounced_date as hard_bounced_at,
        departed_date_c as departed_at,
        legal_hold_c as is_on_legal_hold,
        last_modified_date as updated_at,
        last_activity_date,
        coalesce(is_deleted, false)
        or coalesce(_fivetran_deleted, false)
        or not coalesce(_fivetran_active, true) as is_flagged_deleted,
        case when is_deleted then coalesce(system_modstamp, last_modified_date) end as deleted_at,
        master_record_id as merged_into_id
    from contacts
    where landing_status = 'staged' and is_latest_version
)

select * from final
