-- One row per clock of a service level: the landed ones, and those derived where none of that name
-- is landed for the journey; how each stands at as_of.
{%- set text = dbt.type_string() -%}
{%- set double = type_double() %}

with landed_clocks as (
    select * from {{ ref('stg_crm__sla_clocks') }}
),

derived_clocks as (
    select * from {{ ref('int_journey__derived_clocks') }}
),

pauses as (
    select * from {{ ref('int_journey__pauses') }}
),

members as (
    select * from {{ ref('int_journey__members') }}
),

records as (
    select * from {{ ref('int_crm__records') }}
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

-- An account can be of many journeys.
journeys as (
    select
        record_sk,
        min(journey_key) as journey_key,
        count(*) as n_journeys
    from members
    group by record_sk
),

landed as (
    select
        clocks.sla_clock_key,
        records.record_sk,
        case when journeys.n_journeys = 1 then journeys.journey_key end as journey_key,
        records.crm,
        records.object_type,
        records.record_id,
        clocks.sla,
        clocks.started_at,
        clocks.due_at,
        clocks.stopped_at,
        cast(clocks.paused_seconds as {{ double }}) as paused_seconds,
        cast(null as {{ text }}) as pause_reasons,
        false as is_paused,
        records.owner_id,
        users.team as owner_team,
        coalesce(calendars.calendar, '*') as calendar,
        cast(policy.escalated_at_share as {{ double }}) as escalated_at_share,
        false as is_derived
    from landed_clocks as clocks
    inner join records on clocks.record_key = records.record_key
    left join journeys on records.record_sk = journeys.record_sk
    left join users on records.crm = users.crm and records.owner_id = users.user_id
    left join calendars on lower(users.team) = calendars.calendar
    left join sla_policy as policy on {{ sla_name('clocks.sla') }} = policy.sla
),

told as (
    select distinct
        members.journey_key,
        {{ sla_name('landed.sla') }} as sla
    from landed
    inner join members on landed.record_sk = members.record_sk
),

derived as (
    select
        clocks.sla_clock_key,
        clocks.record_sk,
        clocks.journey_key,
        clocks.crm,
        clocks.object_type,
        clocks.record_id,
        clocks.sla,
        clocks.started_at,
        {{ later(
            'clocks.started_at', 1, 'clocks.limit_seconds + coalesce(pauses.paused_seconds, 0)'
        ) }} as due_at,
        clocks.stopped_at,
        coalesce(pauses.paused_seconds, 0) as paused_seconds,
        pauses.pause_reasons,
        coalesce(pauses.is_paused, false) as is_paused,
        clocks.owner_id,
        clocks.owner_team,
        clocks.calendar,
        cast(clocks.escalated_at_share as {{ double }}) as escalated_at_share,
        true as is_derived
    from derived_clocks as clocks
    left join pauses on clocks.sla_clock_key = pauses.sla_clock_key
    left join told on clocks.journey_key = told.journey_key and clocks.sla = told.sla
    where told.sla is null
),

clocks as (
    select * from landed

    union all

    select * from derived
),

measured as (
    select
        clocks.*,
        coalesce(clocks.stopped_at, {{ as_of() }}) as ran_until
    from clocks
),

looked_up as (
    select
        measured.*,
        {{ seconds_between('measured.started_at', 'measured.ran_until') }} as calendar_seconds,
        {{ worked_seconds('at_end', 'measured.ran_until') }}
        - {{ worked_seconds('at_start', 'measured.started_at') }} as business_seconds,
        {{ seconds_between('measured.started_at', 'measured.due_at') }} as seconds_allowed
    from measured
    {{ working_time_at('at_start', 'measured.calendar', 'measured.started_at') }}
    {{ working_time_at('at_end', 'measured.calendar', 'measured.ran_until') }}
),

final as (
    select
        sla_clock_key,
        record_sk,
        {{ record_key('crm', 'object_type', 'record_id') }} as record_key,
        journey_key,
        crm,
        object_type,
        record_id,
        sla,
        started_at,
        due_at,
        stopped_at,
        paused_seconds,
        pause_reasons,
        owner_id,
        owner_team,
        calendar_seconds,
        business_seconds,
        case
            when stopped_at <= due_at then 'met'
            when ran_until > due_at then 'breached'
            when is_paused then 'paused'
            else 'running'
        end as state,
        coalesce(
            stopped_at is null
            and not is_paused
            and calendar_seconds - coalesce(paused_seconds, 0)
            >= escalated_at_share * (seconds_allowed - coalesce(paused_seconds, 0)),
            false
        ) as is_escalated,
        is_derived
    from looked_up
)

select * from final
