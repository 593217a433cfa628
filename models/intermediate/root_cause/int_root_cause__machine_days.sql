-- One row per machine and day with a bad change: its damage against what it usually does. Day 0 is
-- that of as_of, 1 the day before it.
{%- set machines = "('automation', 'integration', 'import')" %}
with field_changes as (
    select
        record_sk,
        crm,
        field,
        change_number,
        changed_at,
        changed_by,
        actor_kind,
        channel,
        automation_id
    from {{ ref('stg_crm__field_changes') }}
    where not is_orphan and (actor_kind in {{ machines }} or channel in {{ machines }})
),

records as (
    select record_sk from {{ ref('int_crm__records') }}
),

occurrences as (
    select * from {{ ref('int_root_cause__occurrences') }}
),

policy as (
    select
        cast({{ threshold('rate_history_days') }} as integer) as history_days,
        cast({{ threshold('stop_the_line__baseline_days') }} as integer) as baseline_days
),

changes as (
    select
        changes.crm,
        coalesce(
            changes.automation_id, changes.changed_by, changes.actor_kind, changes.channel
        ) as machine,
        changes.record_sk,
        changes.field,
        changes.change_number,
        changes.changed_at,
        cast({{ business_time('changes.changed_at') }} as date) as change_date,
        {{ dbt.datediff(
            business_time('changes.changed_at'), business_time(as_of()), 'day'
        ) }} as days_back
    from field_changes as changes
    inner join records on changes.record_sk = records.record_sk
    cross join policy
    where
        changes.changed_at > {{ later(
            as_of(), -86400, '(policy.history_days + policy.baseline_days + 2)'
        ) }}
),

daily_changes as (
    select
        crm,
        machine,
        days_back,
        count(*) as n_changes
    from changes
    group by crm, machine, days_back
),

-- An occurrence later than its change came because time passed: the change did no damage. The
-- places count each change, record and rule of a day once.
bad as (
    select
        changes.crm,
        changes.machine,
        changes.change_date,
        changes.days_back,
        occurrences.record_key,
        occurrences.rule_id,
        row_number() over (
            partition by changes.record_sk, changes.field, changes.change_number
            order by occurrences.rule_id
        ) as change_place,
        row_number() over (
            partition by
                changes.crm, changes.machine, changes.change_date, occurrences.record_key
            order by occurrences.rule_id
        ) as record_place,
        dense_rank() over (
            partition by changes.crm, changes.machine, changes.change_date
            order by occurrences.record_key
        ) as record_rank,
        row_number() over (
            partition by changes.crm, changes.machine, changes.change_date, occurrences.rule_id
            order by occurrences.record_key
        ) as rule_place
    from changes
    inner join occurrences
        on
            changes.record_sk = occurrences.record_sk
            and changes.field = occurrences.field
            and changes.change_number = occurrences.change_number
            and changes.changed_at = occurrences.occurred_at
),

daily_bad as (
    select
        crm,
        machine,
        change_date,
        days_back,
        count(case when change_place = 1 then 1 end) as n_bad_changes,
        count(case when record_place = 1 then 1 end) as n_records,
        count(case when rule_place = 1 then 1 end) as n_rules,
        {{ sorted_list('case when rule_place = 1 then rule_id end') }} as rules,
        {{ sorted_list('case when record_place = 1 and record_rank <= 3 then record_key end') }}
            as sample_records
    from bad
    group by crm, machine, change_date, days_back
),

-- A day's damage is in the baseline from the next day on, for as many days as the baseline has.
moves as (
    select
        crm,
        machine,
        days_back,
        0 as baseline_move
    from daily_bad

    union all

    select
        crm,
        machine,
        days_back - 1 as days_back,
        n_bad_changes as baseline_move
    from daily_bad

    union all

    select
        daily_bad.crm,
        daily_bad.machine,
        daily_bad.days_back - 1 - policy.baseline_days as days_back,
        -daily_bad.n_bad_changes as baseline_move
    from daily_bad
    cross join policy
),

baselines as (
    select
        crm,
        machine,
        days_back,
        sum(sum(baseline_move)) over (partition by crm, machine order by days_back desc)
            as n_in_baseline
    from moves
    group by crm, machine, days_back
),

rated as (
    select
        daily_bad.*,
        daily_changes.n_changes,
        cast(baselines.n_in_baseline as {{ type_double() }}) / policy.baseline_days
            as baseline_per_day
    from daily_bad
    cross join policy
    inner join daily_changes
        on
            daily_bad.crm = daily_changes.crm
            and daily_bad.machine = daily_changes.machine
            and daily_bad.days_back = daily_changes.days_back
    inner join baselines
        on
            daily_bad.crm = baselines.crm
            and daily_bad.machine = baselines.machine
            and daily_bad.days_back = baselines.days_back
    where daily_bad.days_back <= policy.history_days
),

final as (
    select
        *,
        case
            when
                n_bad_changes >= {{ threshold('stop_the_line__minimum_changes') }}
                and n_bad_changes > {{ threshold('stop_the_line__ratio') }} * baseline_per_day
                then 'stop'
            else 'ok'
        end as status
    from rated
)

select * from final
