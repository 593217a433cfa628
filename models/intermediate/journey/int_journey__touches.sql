-- One row per journey and activity of any of its records from entry to as_of: whether a person
-- reached out by it, and whether both sides had their say.
with journeys as (
    select * from {{ ref('int_journey__journeys') }}
),

members as (
    select * from {{ ref('int_journey__members') }}
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

call_dispositions as (
    select * from {{ ref('call_dispositions') }}
),

-- What counts as interest only where it comes in can also go out.
two_way_types as (
    select distinct activity_type
    from engagement_types
    where direction = 'inbound'
),

dispositions as (
    select distinct lower({{ strip('disposition') }}) as disposition
    from activities
    where disposition is not null
),

spoken as (
    select distinct told.disposition
    from dispositions as told
    inner join call_dispositions as policy
        on {{ matches_pattern('told.disposition', 'policy.pattern') }}
),

-- What a company has with others is nothing of the journey.
named as (
    select
        crm,
        activity_id,
        max(case when object_type <> 'account' then 1 else 0 end) as names_person_or_deal
    from activity_links
    group by crm, activity_id
),

linked as (
    select
        members.journey_key,
        links.crm,
        links.activity_id,
        max(case when members.object_type <> 'account' then 1 else 0 end) as is_direct
    from members
    inner join activity_links as links
        on
            members.crm = links.crm
            and members.object_type = links.object_type
            and members.record_id = links.record_id
    group by members.journey_key, links.crm, links.activity_id
),

done as (
    select
        linked.journey_key,
        activities.crm,
        activities.activity_id,
        activities.activity_type,
        activities.occurred_at,
        activities.is_day_only,
        activities.occurred_at > journeys.entered_at as is_after_entry,
        activities.owner_id,
        activities.direction,
        coalesce(users.kind, 'human') not in ('automation', 'integration', 'queue')
            as is_by_person,
        two_way_types.activity_type is not null as goes_both_ways,
        spoken.disposition is not null as is_spoken
    from linked
    inner join named on linked.crm = named.crm and linked.activity_id = named.activity_id
    inner join journeys on linked.journey_key = journeys.journey_key
    inner join activities
        on linked.crm = activities.crm and linked.activity_id = activities.activity_id
    left join two_way_types on activities.activity_type = two_way_types.activity_type
    left join spoken on lower({{ strip('activities.disposition') }}) = spoken.disposition
    left join users on activities.crm = users.crm and activities.owner_id = users.user_id
    where
        (linked.is_direct = 1 or named.names_person_or_deal = 0)
        and activities.occurred_at <= {{ as_of() }}
        and activities.is_live
        and not activities.is_planned
        and {{ took_place('activities.status') }}
        and not coalesce(activities.is_automated, false)
        and (
            activities.occurred_at >= journeys.entered_at
            -- The day as the business or the CRM's clock has it: nobody knows which.
            or (
                activities.is_day_only
                and (
                    cast(activities.occurred_at as date) >= cast(journeys.entered_at as date)
                    or cast(activities.occurred_at as date)
                    >= cast({{ business_time('journeys.entered_at') }} as date)
                )
            )
        )
),

judged as (
    select
        done.*,
        coalesce(
            done.is_by_person
            and (
                done.activity_type = 'meeting'
                or done.direction = 'outbound'
                -- A mail or call whose direction is not told was logged by who made it.
                or (done.direction is null and done.goes_both_ways)
            ),
            false
        ) as is_touch,
        coalesce(
            -- The form that made the lead is no answer.
            (done.direction = 'inbound' and done.is_after_entry)
            or (
                done.is_by_person
                and (
                    done.activity_type = 'meeting'
                    or (done.activity_type = 'call' and done.is_spoken)
                )
            ),
            false
        ) as is_two_way
    from done
),

final as (
    select
        journey_key,
        crm,
        activity_id,
        activity_type,
        occurred_at,
        is_day_only,
        owner_id,
        is_touch,
        is_two_way
    from judged
    where is_touch or is_two_way
)

select * from final
