-- One row per activity of a deal that took place by as_of or is a planned meeting: whether it was
-- a touch and whether two-way.
with activities as (
    select * from {{ ref('stg_crm__activities') }}
),

links as (
    select * from {{ ref('stg_crm__activity_links') }}
),

records as {{ inlined() }} (
    select * from {{ ref('int_crm__records') }}
),

engagement_types as {{ inlined() }} (
    select * from {{ ref('engagement_types') }}
),

-- A call says by its outcome whether two spoke, which is not staged: it is a touch, not two-way.
judged as (
    select
        activities.crm,
        activities.activity_id,
        activities.occurred_at,
        activities.known_at,
        activities.activity_type,
        activities.is_planned,
        coalesce(activities.direction = 'inbound' or types.direction = 'any', false)
            as is_two_way,
        coalesce(activities.is_automated, false) as is_automated
    from activities
    left join engagement_types as types
        on activities.activity_type = types.activity_type
    where activities.is_live and {{ took_place('activities.status') }}
),

final as (
    select
        records.record_sk,
        judged.crm,
        judged.activity_id,
        judged.occurred_at,
        judged.known_at,
        coalesce(judged.activity_type, '') = 'meeting' as is_meeting,
        judged.is_planned,
        judged.is_two_way and not judged.is_planned as is_two_way,
        not judged.is_planned
        and (
            judged.is_two_way
            or (
                not judged.is_automated
                and coalesce(judged.activity_type, '') not in ('task', 'note')
            )
        ) as is_touch
    from judged
    inner join links
        on judged.crm = links.crm and judged.activity_id = links.activity_id
    inner join records
        on
            links.crm = records.crm
            and links.object_type = records.object_type
            and links.record_id = records.record_id
    where
        records.object_type = 'opportunity'
        and (not judged.is_planned or coalesce(judged.activity_type, '') = 'meeting')
)

select * from final
