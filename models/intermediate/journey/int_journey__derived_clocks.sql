-- One row per journey, service level of the policy and start: the clocks that nobody landed, until
-- what stops them is known. What only a day is told of, or is not landed, starts none.
{%- set instant = dbt.type_timestamp() %}

with responses as (
    select * from {{ ref('int_journey__responses') }}
),

touches as (
    select * from {{ ref('int_journey__touches') }}
),

owner_changes as (
    select * from {{ ref('int_history__owner_changes') }}
),

users as (
    select * from {{ ref('stg_crm__users') }}
),

working_time as (
    select * from {{ ref('int_calendar__working_time') }}
),

sla_policy as (
    select * from {{ ref('sla_policy') }}
),

calendars as (
    select distinct calendar
    from working_time
),

-- A journey that was given up or became a deal at an instant that nobody knows stops no clock.
judged as (
    select
        *,
        case
            when disqualified_at < converted_at or converted_at is null then disqualified_at
            else converted_at
        end as closed_at,
        coalesce(
            (is_converted and converted_at is null)
            or (is_disqualified and disqualified_at is null),
            false
        ) as is_closed_at_unknown_time
    from responses
    where coalesce(left_out_reason, 'none') in ('none', 'disqualified', 'converted')
),

handoffs as (
    select
        judged.journey_key,
        judged.crm,
        changes.changed_at as started_at,
        changes.new_value as owner_id,
        new_owners.team as owner_team,
        lead(changes.changed_at) over (
            partition by judged.journey_key order by changes.change_number
        ) as next_handoff_at
    from judged
    inner join owner_changes as changes on judged.record_sk = changes.record_sk
    inner join users as old_owners
        on judged.crm = old_owners.crm and changes.old_value = old_owners.user_id
    inner join users as new_owners
        on judged.crm = new_owners.crm and changes.new_value = new_owners.user_id
    where
        coalesce(old_owners.kind, 'human') = 'human'
        and coalesce(new_owners.kind, 'human') = 'human'
        and changes.changed_at >= judged.entered_at
        and (judged.closed_at is null or judged.closed_at > changes.changed_at)
),

started as (
    select
        journey_key,
        'entry' as starts_with,
        entered_at as started_at,
        coalesce(first_owner_id, current_owner_id) as owner_id,
        owner_team,
        cast(null as {{ instant }}) as next_handoff_at
    from judged

    union all

    select
        journey_key,
        'handoff' as starts_with,
        started_at,
        owner_id,
        owner_team,
        next_handoff_at
    from handoffs
),

touched as (
    select
        started.journey_key,
        started.starts_with,
        started.started_at,
        min(
            case
                when not touches.is_day_only and touches.occurred_at >= started.started_at
                    then touches.occurred_at
            end
        ) as touched_at,
        min(
            case
                when
                    touches.is_day_only
                    and (
                        started.starts_with = 'entry'
                        or cast(touches.occurred_at as date) >= cast(started.started_at as date)
                    )
                    then cast(touches.occurred_at as date)
            end
        ) as day_only_date
    from started
    inner join touches on started.journey_key = touches.journey_key
    where touches.is_touch
    group by started.journey_key, started.starts_with, started.started_at
),

clocks as (
    select
        judged.record_sk,
        judged.journey_key,
        judged.crm,
        judged.object_type,
        judged.record_id,
        policy.sla,
        policy.in_hours_seconds,
        policy.off_hours_seconds,
        policy.escalated_at_share,
        started.started_at,
        started.owner_id,
        started.owner_team,
        coalesce(calendars.calendar, '*') as calendar,
        started.next_handoff_at,
        judged.closed_at,
        judged.is_closed_at_unknown_time,
        policy.stops_with = 'touch'
        and coalesce(
            touched.day_only_date < cast(touched.touched_at as date)
            or (touched.day_only_date is not null and touched.touched_at is null),
            false
        ) as is_touched_at_unknown_time,
        case policy.stops_with
            when 'touch' then touched.touched_at
            else judged.first_owned_at
        end as done_at
    from judged
    inner join started on judged.journey_key = started.journey_key
    inner join sla_policy as policy on started.starts_with = policy.starts_with
    left join touched
        on
            started.journey_key = touched.journey_key
            and started.starts_with = touched.starts_with
            and started.started_at = touched.started_at
    left join calendars on lower(started.owner_team) = calendars.calendar
    where
        case policy.stops_with
            -- Nobody need reach out to one that was given up untouched.
            when 'touch'
                then
                    judged.tells_touches
                    and coalesce(judged.left_out_reason, 'none') <> 'disqualified'
            else judged.tells_owners
        end
),

stopped as (
    select
        clocks.*,
        {{ is_worked('at_start', 'clocks.started_at') }} as is_in_hours,
        case
            when
                clocks.done_at is not null
                and (clocks.closed_at is null or clocks.done_at <= clocks.closed_at)
                and (clocks.next_handoff_at is null or clocks.done_at <= clocks.next_handoff_at)
                then clocks.done_at
            when
                clocks.closed_at is not null
                and (clocks.next_handoff_at is null or clocks.closed_at <= clocks.next_handoff_at)
                then clocks.closed_at
            else clocks.next_handoff_at
        end as stopped_at
    from clocks
    {{ working_time_at('at_start', 'clocks.calendar', 'clocks.started_at') }}
    where
        not clocks.is_touched_at_unknown_time
        and (not clocks.is_closed_at_unknown_time or clocks.done_at is not null)
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(['journey_key', 'sla', 'started_at']) }}
            as sla_clock_key,
        record_sk,
        journey_key,
        crm,
        object_type,
        record_id,
        sla,
        started_at,
        stopped_at,
        owner_id,
        owner_team,
        calendar,
        escalated_at_share,
        case when is_in_hours then in_hours_seconds else off_hours_seconds end as limit_seconds
    from stopped
    where is_in_hours is not null
)

select * from final
