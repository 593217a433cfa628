-- One row per machine and day with a bad change, or with a record that it made and that was bad
-- from then on: its damage against what it usually does. Day 0 is that of as_of, 1 the day before
-- it.
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
    where not is_orphan and {{ is_by_machine() }}
),

records as (
    select
        record_sk,
        crm,
        created_at
    from {{ ref('int_crm__records') }}
),

all_changes as (
    select
        crm,
        changed_at
    from {{ ref('stg_crm__field_changes') }}
    where not is_orphan
),

occurrences as (
    select * from {{ ref('int_root_cause__occurrences') }}
),

policy as (
    select
        cast({{ threshold('rate_history_days') }} as integer) as history_days,
        cast({{ threshold('stop_the_line__baseline_days') }} as integer) as baseline_days,
        cast({{ threshold('stop_the_line__current_days') }} as integer) as current_days,
        {{ threshold('stop_the_line__minimum_changes') }} as minimum_changes
),

-- Since when there is anything to tell what is usual: changes, and records made.
starts as (
    select
        'change' as kind,
        crm,
        {{ dbt.datediff(
            business_time('min(changed_at)'), business_time(as_of()), 'day'
        ) }} as days_back
    from all_changes
    group by crm

    union all

    select
        'creation' as kind,
        crm,
        {{ dbt.datediff(
            business_time('min(created_at)'), business_time(as_of()), 'day'
        ) }} as days_back
    from records
    group by crm
),

changes as (
    select
        changes.crm,
        {{ machine_of('changes') }} as machine,
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

-- What a machine made bad from its creation on (a duplicate) has no change behind it, only a maker.
-- A next step comes with the work: that a new deal has none is no damage of its maker.
creations as (
    select
        occurrences.crm,
        {{ machine_of('occurrences') }} as machine,
        occurrences.record_sk,
        occurrences.record_key,
        occurrences.rule_id,
        cast({{ business_time('occurrences.occurred_at') }} as date) as change_date,
        {{ dbt.datediff(
            business_time('occurrences.occurred_at'), business_time(as_of()), 'day'
        ) }} as days_back
    from occurrences
    cross join policy
    where
        occurrences.change_number is null
        and occurrences.rule_id <> 'missing_next_step'
        and {{ is_by_machine('occurrences') }}
        and occurrences.occurred_at > {{ later(
            as_of(), -86400, '(policy.history_days + policy.baseline_days + 2)'
        ) }}
),

acts as (
    select
        crm,
        machine,
        days_back,
        1 as n_changes
    from changes

    union all

    select
        crm,
        machine,
        days_back,
        count(distinct record_sk) as n_changes
    from creations
    group by crm, machine, days_back
),

daily_changes as (
    select
        crm,
        machine,
        days_back,
        sum(n_changes) as n_changes
    from acts
    group by crm, machine, days_back
),

-- An occurrence later than its change came because time passed: the change did no damage.
found as (
    select
        changes.crm,
        changes.machine,
        changes.change_date,
        changes.days_back,
        changes.record_sk,
        changes.field,
        changes.change_number,
        occurrences.record_key,
        occurrences.rule_id
    from changes
    inner join occurrences
        on
            changes.record_sk = occurrences.record_sk
            and changes.field = occurrences.field
            and changes.change_number = occurrences.change_number
            and changes.changed_at = occurrences.occurred_at

    union all

    select
        crm,
        machine,
        change_date,
        days_back,
        record_sk,
        cast(null as {{ dbt.type_string() }}) as field,
        cast(null as {{ dbt.type_bigint() }}) as change_number,
        record_key,
        rule_id
    from creations
),

-- The places count each change (or creation), record and rule of a day once.
bad as (
    select
        crm,
        machine,
        change_date,
        days_back,
        change_number,
        record_key,
        rule_id,
        row_number() over (
            partition by record_sk, field, change_number order by rule_id
        ) as change_place,
        row_number() over (
            partition by crm, machine, change_date, record_key order by rule_id
        ) as record_place,
        dense_rank() over (
            partition by crm, machine, change_date order by record_key
        ) as record_rank,
        row_number() over (
            partition by crm, machine, change_date, rule_id order by record_key
        ) as rule_place
    from found
),

daily_bad as (
    select
        crm,
        machine,
        change_date,
        days_back,
        case when count(change_number) > 0 then 'change' else 'creation' end as kind,
        count(case when change_place = 1 then 1 end) as n_bad_changes,
        count(case when record_place = 1 then 1 end) as n_records,
        count(case when rule_place = 1 then 1 end) as n_rules,
        {{ sorted_list('case when rule_place = 1 then rule_id end') }} as rules,
        {{ sorted_list('case when record_place = 1 and record_rank <= 3 then record_key end') }}
            as sample_records
    from bad
    group by crm, machine, change_date, days_back
),

-- A day's damage is in the baseline from the next day on, for as many days as the baseline has. A
-- day with enough damage to be stopped for is no usual day: else who damages every day may do so.
judged as (
    select
        daily_bad.*,
        case
            when daily_bad.n_bad_changes < policy.minimum_changes then daily_bad.n_bad_changes
            else 0
        end as n_usual,
        case when daily_bad.n_bad_changes < policy.minimum_changes then 0 else 1 end as n_left_out
    from daily_bad
    cross join policy
),

moves as (
    select
        crm,
        machine,
        days_back,
        0 as usual_move,
        0 as left_out_move
    from judged

    union all

    select
        crm,
        machine,
        days_back - 1 as days_back,
        n_usual as usual_move,
        n_left_out as left_out_move
    from judged

    union all

    select
        judged.crm,
        judged.machine,
        judged.days_back - 1 - policy.baseline_days as days_back,
        -judged.n_usual as usual_move,
        -judged.n_left_out as left_out_move
    from judged
    cross join policy
),

baselines as (
    select
        crm,
        machine,
        days_back,
        sum(sum(usual_move)) over (partition by crm, machine order by days_back desc)
            as n_in_baseline,
        sum(sum(left_out_move)) over (partition by crm, machine order by days_back desc)
            as n_left_out
    from moves
    group by crm, machine, days_back
),

rated as (
    select
        daily_bad.*,
        daily_changes.n_changes,
        daily_bad.days_back <= policy.current_days as is_current,
        starts.days_back - daily_bad.days_back >= policy.baseline_days as has_history,
        policy.minimum_changes,
        coalesce(
            cast(baselines.n_in_baseline as {{ type_double() }})
            / nullif(policy.baseline_days - baselines.n_left_out, 0),
            0
        ) as baseline_per_day
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
    inner join starts
        on daily_bad.crm = starts.crm and daily_bad.kind = starts.kind
    where daily_bad.days_back <= policy.history_days
),

final as (
    select
        *,
        case
            when not has_history then 'insufficient_data'
            when
                n_bad_changes >= minimum_changes
                and n_bad_changes > {{ threshold('stop_the_line__ratio') }} * baseline_per_day
                then 'stop'
            else 'ok'
        end as status
    from rated
)

select * from final
