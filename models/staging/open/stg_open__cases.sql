-- One row per usable case, visible at as_of or not.
{{ config(materialized='view') }}

with cases as (
    select * from {{ ref('base_open__cases') }}
),

final as (
    select
        case_id,
        coalesce(created_at, updated_at) as created_at,
        created_at is not null as has_creation_date,
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
    from cases
    where landing_status = 'staged'
)

select * from final
