-- One row per usable case, visible at as_of or not.
{{ config(materialized='view') }}

with cases as (
    select * from {{ ref('base_salesforce__case') }}
),

final as (
    select
        id as case_id,
        coalesce(created_date, last_modified_date) as created_at,
        created_date is not null as has_creation_date,
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
    from cases
    where landing_status = 'staged' and is_latest_version
)

select * from final
