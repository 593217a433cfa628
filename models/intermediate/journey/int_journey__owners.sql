-- One row per journey and spell in which a person owned its lead, contact or deal, in turn. A
-- queue, an integration and an automation own nothing; an account's owner is not the lead's.
with members as (
    select * from {{ ref('int_journey__members') }}
),

owner_periods as (
    select * from {{ ref('int_history__owner_periods') }}
),

held as (
    select
        members.journey_key,
        members.is_first,
        periods.record_key,
        periods.period_number,
        periods.owner_id,
        periods.owner_team,
        case
            when periods.started_at > members.member_since then periods.started_at
            else members.member_since
        end as held_from,
        periods.ended_at as held_until
    from members
    inner join owner_periods as periods on members.record_sk = periods.record_sk
    where
        members.object_type <> 'account'
        and periods.owner_id is not null
        and (periods.ended_at is null or periods.ended_at > members.member_since)
        and coalesce(
            periods.owner_kind,
            case when {{ names_a_queue('periods.crm', 'periods.owner_id') }} then 'queue' end,
            'human'
        ) = 'human'
),

final as (
    select
        journey_key,
        is_first,
        record_key,
        owner_id,
        owner_team,
        held_from,
        held_until,
        row_number() over (
            partition by journey_key
            order by
                held_from,
                case when is_first then 0 else 1 end,
                record_key,
                period_number
        ) as owner_number
    from held
)

select * from final
