-- One row per landed review of a candidate; the record may be of any CRM.
{{ config(materialized='view') }}

with reviews as (
    select * from {{ ref('base_open__lifecycle_reviews') }}
),

final as (
    select
        crm as record_crm,
        object_type,
        record_id,
        reviewed_at,
        decision,
        for_decision,
        reviewer,
        role,
        reason
    from reviews
    where landing_status = 'staged'
)

select * from final
