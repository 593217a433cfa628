-- One row per live new lead that was touched or whose time to be is over: whether it was in time.
{%- set window_start = later(as_of(), -86400, threshold('rate_window_days')) %}

with records as (
    select * from {{ ref('int_crm__records') }}
),

activities as (
    select * from {{ ref('stg_crm__activities') }}
),

activity_links as (
    select * from {{ ref('stg_crm__activity_links') }}
),

users as (
    select * from {{ ref('stg_crm__users') }}
),

engagement_types as (
    select * from {{ ref('engagement_types') }}
),

leads as (
    select
        record_sk,
        crm,
        record_id,
        created_at,
        {{ later('created_at', 3600, threshold('speed_to_lead__hours')) }} as due_at
    from records
    where
        object_type = 'lead'
        and is_live
        and created_at > {{ window_start }}
        -- A lead that was only modified lately is no new one.
        and coalesce(has_creation_date, true)
        -- Nobody need reach out to one that was given up.
        and coalesce(stage_kind, 'open') <> 'lost'
),

-- What counts as interest only where it comes in can also go out.
two_way_types as (
    select distinct activity_type
    from engagement_types
    where direction = 'inbound'
),

touches as (
    select
        leads.record_sk,
        min(case when activities.occurred_at >= leads.created_at then activities.occurred_at end)
            as touched_at,
        max(case when activities.occurred_at < leads.created_at then 1 else 0 end) = 1
            as is_touched_that_day
    from activity_links as links
    inner join leads on links.crm = leads.crm and links.record_id = leads.record_id
    inner join activities
        on links.crm = activities.crm and links.activity_id = activities.activity_id
    left join two_way_types on activities.activity_type = two_way_types.activity_type
    left join users
        on activities.crm = users.crm and activities.owner_id = users.user_id
    where
        links.object_type = 'lead'
        and activities.occurred_at <= {{ as_of() }}
        and (
            activities.occurred_at >= leads.created_at
            -- A day without a time stands at its beginning: nobody touched the lead before it was.
            or activities.occurred_at = {{ dbt.date_trunc('day', 'leads.created_at') }}
        )
        and activities.is_live
        and not activities.is_planned
        and {{ took_place('activities.status') }}
        and not coalesce(activities.is_automated, false)
        and coalesce(users.kind, 'human') not in ('automation', 'integration', 'queue')
        and (
            activities.activity_type = 'meeting'
            or activities.direction = 'outbound'
            -- Salesforce tells no direction of an e-mail that somebody logged as sent.
            or (activities.direction is null and two_way_types.activity_type is not null)
        )
    group by leads.record_sk
),

judged as (
    select
        leads.record_sk,
        leads.created_at,
        touches.touched_at,
        coalesce(touches.is_touched_that_day, false) as is_touched_that_day,
        coalesce(touches.is_touched_that_day or touches.touched_at <= leads.due_at, false)
            as is_counted,
        {{ seconds_between('leads.created_at', 'touches.touched_at') }} as seconds_to_touch,
        {{ seconds_between('leads.created_at', as_of()) }} as seconds_old
    from leads
    left join touches on leads.record_sk = touches.record_sk
    where
        touches.is_touched_that_day
        or touches.touched_at <= leads.due_at
        or leads.due_at < {{ as_of() }}
),

final as (
    select
        record_sk,
        cast(null as {{ dbt.type_string() }}) as part,
        is_counted,
        seconds_to_touch / 3600 as hours,
        created_at as occurred_at,
        case
            when touched_at is null and is_touched_that_day
                then 'first touch on the day it came in'
            when touched_at is null
                then 'not touched for ' || {{ duration_text('seconds_old') }}
            else 'first touch after ' || {{ duration_text('seconds_to_touch') }}
        end as detail
    from judged
)

select * from final
