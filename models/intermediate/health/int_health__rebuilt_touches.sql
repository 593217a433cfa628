-- One row per contact and rebuilt day around which it had an activity: in the days that make it
-- active then, or in as many days before these.
{%- set window_days = threshold('contacts_active__days') %}
with days as (
    select * from {{ ref('int_health__rebuilt_days') }}
),

activities as (
    select * from {{ ref('stg_crm__activities') }}
),

activity_links as (
    select * from {{ ref('stg_crm__activity_links') }}
),

windows as (
    select
        metric_date,
        seen_at,
        {{ later('seen_at', -86400, window_days) }} as active_after,
        {{ later('seen_at', -2 * 86400, window_days) }} as told_after
    from days
),

final as (
    select
        {{ record_key('links.crm', 'links.object_type', 'links.record_id') }} as record_key,
        links.crm,
        windows.metric_date,
        max(case when activities.occurred_at > windows.active_after then 1 else 0 end) = 1
            as is_active,
        max(case when activities.occurred_at <= windows.active_after then 1 else 0 end) = 1
            as was_active_before
    from activities
    inner join activity_links as links
        on activities.crm = links.crm and activities.activity_id = links.activity_id
    inner join windows
        on
            activities.occurred_at <= windows.seen_at
            and activities.occurred_at > windows.told_after
    where links.object_type = 'contact' and {{ is_touch('activities', 'links') }}
    group by links.crm, links.object_type, links.record_id, windows.metric_date
)

select * from final
