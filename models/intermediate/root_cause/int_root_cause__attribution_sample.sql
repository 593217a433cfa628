-- One row per change of the sample that is checked by hand: as many stage and owner changes of each
-- CRM as the policy says, each object type, field and team with its share of them.
{%- set group = 'crm, object_type, field, team' %}

with changes as (
    select
        *,
        {{ dbt.hash(dbt.concat([
            'record_key', "'|'", 'field', "'|'",
            'cast(change_number as ' ~ dbt.type_string() ~ ')',
        ])) }} as shuffled
    from {{ ref('int_root_cause__watched_changes') }}
    where is_judged
),

ranked as (
    select
        *,
        count(*) over (partition by {{ group }}) as n_of_group,
        row_number() over (partition by {{ group }} order by shuffled) as place_in_group
    from changes
),

-- The groups take turns as seats go to parties in proportion to their votes. The hash alone orders
-- the changes of a group, so that a change stays in the sample while its group keeps its share.
drawn as (
    select
        *,
        row_number() over (
            partition by crm
            order by (place_in_group - 0.5) / n_of_group, shuffled
        ) as sample_number
    from ranked
),

final as (
    select
        crm,
        sample_number,
        record_key,
        object_type,
        record_id,
        team,
        field,
        change_number,
        changed_at,
        old_value,
        new_value,
        changed_by,
        actor_kind,
        channel,
        automation_id,
        has_actor and has_channel as is_attributed,
        case
            when has_actor and has_channel then null
            when has_actor then 'channel'
            when has_channel then 'actor'
            else 'actor and channel'
        end as lacks,
        'change ' || cast(change_number as {{ dbt.type_string() }}) || ' of ' || field
        || ' in: crm-hygiene trace ' || record_key
        || coalesce('; landed in ' || source_table, '') || coalesce(' as ' || change_id, '')
            as trace_hint
    from drawn
    where sample_number <= {{ threshold('attribution_sample__changes') }}
)

select * from final
