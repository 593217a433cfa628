-- One row per live activity that is planned × record that it belongs to: when it is due. Whether a
-- day that is over still counts is for each reader to say.
{{ config(materialized='view') }}

with activities as (
    select * from {{ ref('stg_crm__activities') }}
),

links as (
    select * from {{ ref('stg_crm__activity_links') }}
),

final as (
    select
        links.crm,
        links.object_type,
        links.record_id,
        links.activity_id,
        activities.occurred_at as due_at
    from activities
    inner join links
        on activities.crm = links.crm and activities.activity_id = links.activity_id
    where activities.is_live and activities.is_planned
)

select * from final
