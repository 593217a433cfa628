-- One row per journey: who owned it first, who reached out first, when both sides first spoke, how
-- long each took, and how the first touch stands to its limit at as_of.
{%- set limit_at
    = later('entered_at', 3600, threshold('first_touches__hours')) -%}
{%- set channels = ['call', 'email', 'meeting'] %}

with journeys as (
    select * from {{ ref('int_journey__journeys') }}
),

owners as (
    select * from {{ ref('int_journey__owners') }}
),

touches as (
    select * from {{ ref('int_journey__touches') }}
),

users as (
    select * from {{ ref('stg_crm__users') }}
),

inputs as (
    select * from {{ ref('int_crm__inputs') }}
),

working_time as (
    select * from {{ ref('int_calendar__working_time') }}
),

sla_policy as (
    select * from {{ ref('sla_policy') }}
    where sla = 'first_touch'
),

calendars as (
    select distinct calendar
    from working_time
),

first_owners as (
    select * from owners
    where owner_number = 1
),

timed as (
    select
        touches.*,
        row_number() over (
            partition by touches.journey_key
            order by
                case when touches.is_touch and not touches.is_day_only then 0 else 1 end,
                touches.occurred_at,
                touches.activity_id
        ) as place,
        journeys.entered_at
    from touches
    inner join journeys on touches.journey_key = journeys.journey_key
),

touched as (
    select
        journey_key,
        min(case when is_touch and not is_day_only then occurred_at end) as first_touch_at,
        max(
            case when is_touch and not is_day_only and place = 1 then activity_type end
        ) as first_touch_type,
        max(
            case when is_touch and not is_day_only and place = 1 then owner_id end
        ) as first_touch_by,
        min(case when is_touch and is_day_only then cast(occurred_at as date) end)
            as first_day_only_touch_date,
        min(case when is_two_way and not is_day_only then occurred_at end) as first_two_way_at,
        {%- for channel in channels %}
            count(
                case
                    when
                        is_touch and not is_day_only
                        and occurred_at <= {{ limit_at }}
                        and activity_type = '{{ channel }}'
                        then 1
                end
            ) as n_{{ channel }}s,
        {%- endfor %}
        count(
            case
                when is_touch and not is_day_only and occurred_at <= {{ limit_at }} then 1
            end
        ) as n_touches,
        count(case when is_touch and is_day_only then 1 end) as n_day_only_touches
    from timed
    group by journey_key
),

-- Where the history of owners is not landed, today's owner may not be the first.
tellable as (
    select
        crm,
        object_type,
        max(case when input = 'linked_activities' then 1 else 0 end) = 1 as tells_touches,
        max(case when input = 'history:owner_id' then 1 else 0 end) = 1 as tells_owners
    from inputs
    group by crm, object_type
),

gathered as (
    select
        journeys.*,
        coalesce(tellable.tells_touches, false) as tells_touches,
        coalesce(tellable.tells_owners, false) as tells_owners,
        case when tellable.tells_owners then first_owners.owner_id end as first_owner_id,
        case when tellable.tells_owners then first_owners.held_from end as first_owned_at,
        users.team as owner_team,
        coalesce(calendars.calendar, '*') as calendar,
        touched.first_touch_type,
        touched.first_touch_by,
        touched.first_day_only_touch_date,
        touched.first_two_way_at,
        {%- for what in ['touches', 'calls', 'emails', 'meetings', 'day_only_touches'] %}
            case when tellable.tells_touches then coalesce(touched.n_{{ what }}, 0) end
                as n_{{ what }},
        {%- endfor %}
        case when tellable.tells_touches then touched.first_touch_at end as first_touch_at
    from journeys
    left join tellable
        on journeys.crm = tellable.crm and journeys.object_type = tellable.object_type
    left join first_owners on journeys.journey_key = first_owners.journey_key
    left join touched on journeys.journey_key = touched.journey_key
    left join users
        on
            journeys.crm = users.crm
            and coalesce(
                case when tellable.tells_owners then first_owners.owner_id end,
                journeys.current_owner_id
            ) = users.user_id
    left join calendars on lower(users.team) = calendars.calendar
),

-- An activity of an earlier day than the first touch that has a time: nobody knows how early.
counted as (
    select
        *,
        coalesce(
            first_day_only_touch_date < cast(first_touch_at as date)
            or (first_day_only_touch_date is not null and first_touch_at is null),
            false
        ) as is_touched_at_unknown_time
    from gathered
),

looked_up as (
    select
        counted.*,
        {{ is_worked('at_entry', 'counted.entered_at') }} as is_in_hours,
        {{ seconds_between('counted.entered_at', 'counted.first_owned_at') }}
            as seconds_to_owner,
        {{ worked_seconds('at_owner', 'counted.first_owned_at') }}
        - {{ worked_seconds('at_entry', 'counted.entered_at') }} as business_seconds_to_owner,
        {{ seconds_between('counted.entered_at', 'counted.first_touch_at') }}
            as told_seconds_to_touch,
        {{ worked_seconds('at_touch', 'counted.first_touch_at') }}
        - {{ worked_seconds('at_entry', 'counted.entered_at') }}
            as told_business_seconds_to_touch,
        {{ seconds_between('counted.entered_at', 'counted.first_two_way_at') }}
            as seconds_to_two_way,
        {{ worked_seconds('at_two_way', 'counted.first_two_way_at') }}
        - {{ worked_seconds('at_entry', 'counted.entered_at') }} as business_seconds_to_two_way
    from counted
    {{ working_time_at('at_entry', 'counted.calendar', 'counted.entered_at') }}
    {{ working_time_at('at_owner', 'counted.calendar', 'counted.first_owned_at') }}
    {{ working_time_at('at_touch', 'counted.calendar', 'counted.first_touch_at') }}
    {{ working_time_at('at_two_way', 'counted.calendar', 'counted.first_two_way_at') }}
),

limited as (
    select
        looked_up.*,
        {{ later(
            'looked_up.entered_at', 1,
            'case when looked_up.is_in_hours then sla_policy.in_hours_seconds'
            ~ ' when not looked_up.is_in_hours then sla_policy.off_hours_seconds end',
        ) }} as due_at
    from looked_up
    cross join sla_policy
),

ended as (
    select
        *,
        case
            when disqualified_at < converted_at or converted_at is null then disqualified_at
            else converted_at
        end as closed_at
    from limited
),

judged as (
    select
        ended.*,
        case
            when ended.left_out_reason is not null then ended.left_out_reason
            when ended.first_touch_at is not null then null
            when ended.first_day_only_touch_date is not null then null
            when not ended.tells_touches then null
            -- Nobody need reach out to one that was given up, or had become a deal by then.
            when ended.is_disqualified then 'disqualified'
            when ended.is_converted and coalesce(ended.closed_at <= ended.due_at, true)
                then 'converted'
        end as reason
    from ended
),

owners_before as (
    select
        judged.journey_key,
        count(distinct owners.owner_id) as n_owners
    from judged
    inner join owners
        on
            judged.journey_key = owners.journey_key
            and (judged.first_touch_at is null or judged.first_touch_at >= owners.held_from)
    group by judged.journey_key
),

final as (
    select
        judged.record_sk,
        judged.journey_key,
        judged.crm,
        judged.object_type,
        judged.record_id,
        judged.segment,
        judged.lead_source,
        judged.entered_at,
        judged.is_in_hours,
        judged.calendar,
        judged.current_owner_id,
        judged.first_owner_id,
        judged.owner_team,
        judged.first_owned_at,
        judged.first_touch_at,
        judged.first_touch_type,
        judged.first_touch_by,
        judged.first_day_only_touch_date,
        judged.first_two_way_at,
        judged.seconds_to_owner,
        judged.business_seconds_to_owner,
        case when not judged.is_touched_at_unknown_time then judged.told_seconds_to_touch end
            as seconds_to_touch,
        case
            when not judged.is_touched_at_unknown_time then judged.told_business_seconds_to_touch
        end as business_seconds_to_touch,
        judged.seconds_to_two_way,
        judged.business_seconds_to_two_way,
        judged.due_at,
        case
            when judged.reason is not null or judged.due_at is null then null
            when not judged.tells_touches then 'not_landed'
            when judged.due_at >= {{ as_of() }} then 'not_due'
            when judged.first_touch_at <= judged.due_at then 'in_time'
            when judged.is_touched_at_unknown_time then 'day_only'
            when judged.first_touch_at is not null then 'late'
            else 'untouched'
        end as response,
        judged.reason as left_out_reason,
        judged.n_touches,
        {%- for channel in channels %}
            judged.n_{{ channel }}s,
        {%- endfor %}
        judged.n_day_only_touches,
        case
            when judged.tells_owners and judged.tells_touches
                then coalesce(owners_before.n_owners, 0)
        end as n_owners_before_touch,
        judged.tells_touches,
        judged.tells_owners,
        judged.has_contact_data,
        judged.is_converted,
        judged.converted_at,
        judged.is_disqualified,
        judged.disqualified_at
    from judged
    left join owners_before on judged.journey_key = owners_before.journey_key
)

select * from final
