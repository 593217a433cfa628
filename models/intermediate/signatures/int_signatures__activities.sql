-- One row per activity that a person has done in both windows of the failure signatures, or within
-- a day before them, so that the day in which one starts is there whole.
with activities as (
    select * from {{ ref('stg_crm__activities') }}
),

users as (
    select
        crm,
        user_id,
        kind,
        team
    from {{ ref('stg_crm__users') }}
),

final as (
    select
        activities.record_key,
        activities.crm,
        activities.owner_id,
        users.team,
        activities.occurred_at,
        {{ signature_window('activities.occurred_at') }} as signature_window,
        cast({{ business_time('activities.occurred_at') }} as date) as business_day,
        activities.activity_type in ('task', 'note')
        or (activities.activity_type = 'email' and activities.direction is null) as is_low_value,
        activities.activity_type = 'meeting' as is_meeting
    from activities
    left join users
        on activities.crm = users.crm and activities.owner_id = users.user_id
    where
        activities.is_live
        and not activities.is_planned
        and not coalesce(activities.is_automated, false)
        and coalesce(activities.status, 'done') = 'done'
        and activities.owner_id is not null
        and coalesce(users.kind, 'human') = 'human'
        and activities.occurred_at > {{ later(signature_window_end(2), -86400, 1) }}
)

select * from final
