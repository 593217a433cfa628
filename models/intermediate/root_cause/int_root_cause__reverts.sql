-- One row per machine, day on which it is to be stopped, record and field that it damaged: the
-- value to put back, and whether the bad one still stands.
with field_changes as (
    select * from {{ ref('stg_crm__field_changes') }}
),

machine_days as (
    select *
    from {{ ref('int_root_cause__machine_days') }}
    where status = 'stop'
),

occurrences as (
    select * from {{ ref('int_root_cause__occurrences') }}
),

values_as_of as (
    select * from {{ ref('int_crm__values_as_of') }}
),

damage as (
    select
        record_sk,
        field,
        change_number,
        occurred_at,
        {{ machine_of() }} as machine,
        cast({{ business_time('occurred_at') }} as date) as change_date,
        rule_id,
        record_key,
        crm,
        object_type,
        record_id,
        owner_id,
        team,
        amount,
        is_live
    from occurrences
    where change_number is not null and {{ is_by_machine() }}
),

-- One change may break several rules.
changes as (
    select
        damage.crm,
        damage.machine,
        damage.change_date,
        damage.record_sk,
        damage.record_key,
        damage.object_type,
        damage.record_id,
        damage.owner_id,
        damage.team,
        damage.amount,
        damage.is_live,
        damage.field,
        damage.change_number,
        damage.rule_id,
        changed.changed_at,
        changed.old_value,
        changed.new_value,
        row_number() over (
            partition by
                damage.crm, damage.machine, damage.change_date, damage.record_sk, damage.field
            order by damage.change_number, damage.rule_id
        ) as place,
        row_number() over (
            partition by
                damage.crm, damage.machine, damage.change_date, damage.record_sk, damage.field
            order by damage.change_number desc, damage.rule_id asc
        ) as place_from_last,
        row_number() over (
            partition by
                damage.crm, damage.machine, damage.change_date, damage.record_sk, damage.field,
                damage.rule_id
            order by damage.change_number
        ) as rule_place
    from damage
    inner join machine_days
        on
            damage.crm = machine_days.crm
            and damage.machine = machine_days.machine
            and damage.change_date = machine_days.change_date
    inner join field_changes as changed
        on
            damage.record_sk = changed.record_sk
            and damage.field = changed.field
            and damage.change_number = changed.change_number
            and damage.occurred_at = changed.changed_at
),

-- What was there before the first bad change of the day goes back; the last one may still stand.
reverts as (
    select
        crm,
        machine,
        change_date,
        record_sk,
        record_key,
        object_type,
        record_id,
        owner_id,
        team,
        amount,
        is_live,
        field,
        count(distinct change_number) as n_bad_changes,
        {{ sorted_list('case when rule_place = 1 then rule_id end') }} as rules,
        max(changed_at) as last_changed_at,
        max(case when place = 1 then old_value end) as restore_value,
        max(case when place_from_last = 1 then new_value end) as bad_value
    from changes
    group by
        crm, machine, change_date, record_sk, record_key, object_type, record_id, owner_id, team,
        amount, is_live, field
),

final as (
    select
        reverts.crm,
        reverts.machine,
        reverts.change_date,
        reverts.record_sk,
        reverts.record_key,
        reverts.object_type,
        reverts.record_id,
        reverts.owner_id,
        reverts.team,
        reverts.amount,
        reverts.field,
        reverts.n_bad_changes,
        reverts.rules,
        reverts.last_changed_at,
        reverts.restore_value,
        reverts.bad_value,
        values_as_of.value_at_as_of as current_value,
        (values_as_of.value_at_as_of is not distinct from reverts.bad_value)
        and (reverts.bad_value is distinct from reverts.restore_value) as is_standing
    from reverts
    inner join values_as_of
        on reverts.record_sk = values_as_of.record_sk and reverts.field = values_as_of.field
    where reverts.is_live
)

select * from final
