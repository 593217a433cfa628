-- One row per handoff of the policy handoff_checklist × live record, once the days that it gives
-- are over: when the record was handed over last.
{%- set closed_on = 'cast(records.close_date as ' ~ dbt.type_timestamp() ~ ')' -%}
{#- Handoffs by a change of owner: from which team to which. -#}
{%- set given = [('sdr_to_ae', 'sdr', 'ae')] %}

with records as (
    select
        record_sk,
        record_key,
        crm,
        object_type,
        record_id,
        account_id,
        owner_id,
        stage_kind,
        close_date
    from {{ ref('int_crm__records') }}
    where is_live
),

opportunities as (
    select * from {{ ref('stg_crm__opportunities') }}
),

users as (
    select
        crm,
        user_id,
        team
    from {{ ref('stg_crm__users') }}
    where kind = 'human'
),

stage_periods as (
    select * from {{ ref('int_history__stage_periods') }}
),

owner_changes as (
    select * from {{ ref('int_history__owner_changes') }}
),

checklist as (
    select * from {{ ref('handoff_checklist') }}
),

given_between as (
    select
        handoff,
        from_team,
        to_team
    from {{ text_rows(['handoff', 'from_team', 'to_team'], given) }}
),

asked as (
    select
        handoff,
        object_type,
        max(within_days) as days
    from checklist
    group by handoff, object_type
),

periods as (
    select
        record_sk,
        period_number,
        started_at,
        max(case when stage_kind = 'won' then 0 else period_number end) over (
            partition by record_sk
        ) as last_period_not_won
    from stage_periods
    where object_type = 'opportunity'
),

-- A deal that moved on from one won stage to another was won once.
wins as (
    select
        record_sk,
        min(started_at) as entered_at
    from periods
    where period_number > last_period_not_won and last_period_not_won > 0
    group by record_sk
),

won as (
    select
        records.record_sk,
        coalesce(
            wins.entered_at,
            opportunities.closed_at,
            case when {{ closed_on }} <= {{ as_of() }} then {{ closed_on }} end
        ) as won_at
    from records
    inner join opportunities on records.record_key = opportunities.record_key
    left join wins on records.record_sk = wins.record_sk
    where records.stage_kind = 'won'
),

given_on as (
    select
        given_between.handoff,
        records.record_sk,
        changes.changed_at,
        changes.change_number,
        'given by ' || given_between.from_team || ' to ' || given_between.to_team as told
    from owner_changes as changes
    inner join records on changes.record_sk = records.record_sk
    inner join users as givers
        on records.crm = givers.crm and changes.old_value = givers.user_id
    inner join users as takers
        on records.crm = takers.crm and changes.new_value = takers.user_id
    inner join given_between
        on givers.team = given_between.from_team and takers.team = given_between.to_team
),

handed as (
    select
        'won_to_cs' as handoff,
        record_sk,
        won_at as handed_at,
        1 as change_number,
        'won' as told
    from won
    where
        won_at > {{ later(as_of(), -86400, threshold('handoff_completeness__window_days')) }}

    union all

    select
        handoff,
        record_sk,
        changed_at as handed_at,
        change_number,
        told
    from given_on
    where
        changed_at
        > {{ later(as_of(), -86400, threshold('sdr_handoff_completeness__window_days')) }}
),

due as (
    select
        handed.*,
        records.crm,
        records.object_type,
        records.record_id,
        records.account_id,
        records.owner_id,
        {{ later('handed.handed_at', 86400, 'asked.days') }} as due_at,
        row_number() over (
            partition by handed.handoff, handed.record_sk order by handed.change_number desc
        ) as handoff_rank
    from handed
    inner join records on handed.record_sk = records.record_sk
    inner join asked
        on handed.handoff = asked.handoff and records.object_type = asked.object_type
    where {{ later('handed.handed_at', 86400, 'asked.days') }} < {{ as_of() }}
),

-- Nobody takes up what was given up before the time is over.
given_up as (
    select distinct
        due.handoff,
        due.record_sk
    from due
    inner join stage_periods as periods on due.record_sk = periods.record_sk
    where
        due.handoff_rank = 1
        and due.handoff <> 'won_to_cs'
        and periods.is_terminal
        and coalesce(periods.stage_kind, 'lost') <> 'won'
        and periods.started_at <= due.due_at
        and (periods.ended_at is null or periods.ended_at > due.handed_at)
),

final as (
    select
        due.handoff,
        due.record_sk,
        due.crm,
        due.object_type,
        due.record_id,
        due.account_id,
        due.owner_id,
        due.handed_at,
        due.told
    from due
    left join given_up
        on due.handoff = given_up.handoff and due.record_sk = given_up.record_sk
    where due.handoff_rank = 1 and given_up.record_sk is null
)

select * from final
