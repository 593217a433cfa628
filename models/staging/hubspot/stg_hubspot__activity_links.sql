-- One row per engagement and record that it belongs to; a pair can be landed several times.
{{ config(materialized='view') }}

with companies as (
    select * from {{ ref('base_hubspot__engagement_company') }}
),

contacts as (
    select * from {{ ref('base_hubspot__engagement_contact') }}
),

deals as (
    select * from {{ ref('base_hubspot__engagement_deal') }}
),

linked as (
    select
        engagement_id as activity_id,
        'account' as object_type,
        company_id as record_id
    from companies
    where landing_status = 'staged' and not coalesce(_fivetran_deleted, false)

    union all

    select
        engagement_id as activity_id,
        'contact' as object_type,
        contact_id as record_id
    from contacts
    where landing_status = 'staged' and not coalesce(_fivetran_deleted, false)

    union all

    select
        engagement_id as activity_id,
        'opportunity' as object_type,
        deal_id as record_id
    from deals
    where landing_status = 'staged' and not coalesce(_fivetran_deleted, false)
),

final as (
    select distinct
        activity_id,
        object_type,
        record_id
    from linked
)

select * from final
