-- The whole story of one record, one row per moment, with what the rules found marked where it
-- happened. `make trace RECORD=...` prints it, with record_decision joined to each row; by hand:
-- dbt show --select record_story --limit -1 --vars 'record_key: "salesforce:opportunity:006..."'
{%- set text = dbt.type_string() -%}
{%- set record_key = var('record_key', 'crm:object_type:record_id') %}
with record as (
    select
        record_sk,
        record_key,
        crm,
        object_type,
        record_id,
        created_at,
        deleted_at,
        is_merged,
        is_live
    from {{ ref('int_crm__records') }}
    where record_key = {{ text_literal(record_key) }}
),

people as (
    select
        users.user_id,
        coalesce(users.user_name, users.user_id) as name,
        coalesce(users.user_name || ' (' || users.user_id || ')', users.user_id) as name_and_id
    from {{ ref('stg_crm__users') }} as users
    inner join record on users.crm = record.crm
),

record_changes as (
    select changes.*
    from {{ ref('stg_crm__field_changes') }} as changes
    inner join record on changes.record_sk = record.record_sk
),

dirty as (
    select
        dirty_records.archetype,
        dirty_records.first_bad_at,
        dirty_records.first_bad_change_id,
        dirty_records.preceding_event_id,
        case
            when dirty_records.first_bad_change_id is null then ' [first time'
            else ' [first bad change'
        end
        || ', step ' || dirty_records.causing_step
        || ', confidence ' || dirty_records.confidence || ']' as first_bad
    from {{ ref('dirty_records') }} as dirty_records
    inner join record on dirty_records.record_key = record.record_key
),

-- Evidence of a signal that makes the record dirty stands there once for each. What no change made
-- at that instant, such as a deal that got stuck, is a moment of its own.
findings as (
    select distinct
        record_changes.field,
        record_changes.change_number,
        occurrences.occurred_at,
        occurrences.rule_id || coalesce(dirty.first_bad, '')
        || coalesce(': ' || occurrences.detail, '') as finding
    from {{ ref('int_root_cause__occurrences') }} as occurrences
    inner join record on occurrences.record_sk = record.record_sk
    left join record_changes
        on
            occurrences.field = record_changes.field
            and occurrences.change_number = record_changes.change_number
            and occurrences.occurred_at = record_changes.changed_at
    left join dirty
        on
            occurrences.rule_id = dirty.archetype
            and (
                occurrences.change_id = dirty.first_bad_change_id
                or (
                    dirty.first_bad_change_id is null
                    and occurrences.change_id is null
                    and occurrences.occurred_at = dirty.first_bad_at
                )
            )
),

marks_of_changes as (
    select
        field,
        change_number,
        {{ dbt.listagg('finding', "' | '", 'order by finding') }} as marks
    from findings
    where change_number is not null
    group by field, change_number
),

marks_of_events as (
    select
        preceding_event_id as event_id,
        {{ dbt.listagg("'precedes the first bad change of ' || archetype", "' | '",
            'order by archetype') }} as marks
    from dirty
    where preceding_event_id is not null
    group by preceding_event_id
),

first_stage as (
    select
        periods.record_sk,
        periods.stage
    from {{ ref('int_history__stage_periods') }} as periods
    inner join record on periods.record_sk = record.record_sk
    where periods.period_number = 1
),

creation as (
    select
        record.created_at as happened_at,
        1 as place,
        0 as place_within,
        'created' as what,
        coalesce('stage: ' || first_stage.stage, '') as detail,
        cast(null as {{ text }}) as made_by,
        cast(null as {{ text }}) as made_through,
        cast(null as {{ text }}) as marks
    from record
    left join first_stage on record.record_sk = first_stage.record_sk
),

events as (
    select
        events.occurred_at as happened_at,
        2 as place,
        0 as place_within,
        'event' as what,
        coalesce(events.event_type, 'no type')
        || case
            when events.stage_before is not null or events.stage_after is not null
                then
                    ', stage ' || coalesce(events.stage_before, '(blank)')
                    || ' -> ' || coalesce(events.stage_after, '(blank)')
            else ''
        end
        || case
            when events.owner_before is not null or events.owner_after is not null
                then
                    ', owner ' || coalesce(owners_before.name, events.owner_before, '(blank)')
                    || ' -> ' || coalesce(owners_after.name, events.owner_after, '(blank)')
            else ''
        end
        || coalesce(', SLA ' || events.sla_state, '') as detail,
        coalesce(actors.name, events.actor) as made_by,
        coalesce(events.channel, '')
        || coalesce(', automation ' || events.automation_id, '') as made_through,
        marks_of_events.marks
    from {{ ref('stg_crm__workflow_events') }} as events
    inner join record
        on
            events.crm = record.crm
            and events.object_type = record.object_type
            and events.record_id = record.record_id
    left join people as owners_before on events.owner_before = owners_before.user_id
    left join people as owners_after on events.owner_after = owners_after.user_id
    left join people as actors on events.actor = actors.user_id
    left join marks_of_events on events.event_id = marks_of_events.event_id
),

changes as (
    select
        changes.changed_at as happened_at,
        3 as place,
        changes.change_number as place_within,
        'change' as what,
        changes.field || ': '
        || coalesce(owners_before.name_and_id, changes.old_value, '(blank)') || ' -> '
        || coalesce(owners_after.name_and_id, changes.new_value, '(blank)')
        || case
            when changes.is_chain_break then ' [a change before this one is missing]' else ''
        end as detail,
        coalesce(actors.name, changes.changed_by, 'unknown')
        || coalesce(' (' || changes.actor_kind || ')', '') as made_by,
        coalesce(changes.channel || ', ', '')
        || coalesce('automation ' || changes.automation_id || ', ', '')
        || changes.source_table as made_through,
        marks_of_changes.marks
    from record_changes as changes
    left join people as owners_before
        on changes.field = 'owner_id' and changes.old_value = owners_before.user_id
    left join people as owners_after
        on changes.field = 'owner_id' and changes.new_value = owners_after.user_id
    left join people as actors on changes.changed_by = actors.user_id
    left join marks_of_changes
        on
            changes.field = marks_of_changes.field
            and changes.change_number = marks_of_changes.change_number
),

owners as (
    select
        periods.started_at as happened_at,
        4 as place,
        periods.period_number as place_within,
        'owner' as what,
        coalesce(people.name, periods.owner_id, 'nobody')
        || coalesce(' (' || periods.owner_team || ')', '')
        || coalesce(' for ' || {{ duration_text(
            seconds_between('periods.started_at', 'periods.ended_at')
        ) }}, '') as detail,
        cast(null as {{ text }}) as made_by,
        cast(null as {{ text }}) as made_through,
        cast(null as {{ text }}) as marks
    from {{ ref('int_history__owner_periods') }} as periods
    inner join record on periods.record_sk = record.record_sk
    left join people on periods.owner_id = people.user_id
),

activities as (
    select
        activities.occurred_at as happened_at,
        5 as place,
        0 as place_within,
        'activity' as what,
        coalesce(activities.activity_type, 'no type')
        || coalesce(', ' || activities.direction, '')
        || coalesce(', ' || activities.status, '')
        || case when activities.is_deleted then ', deleted since' else '' end as detail,
        coalesce(people.name, activities.owner_id) as made_by,
        case when activities.is_automated then 'automated' end as made_through,
        cast(null as {{ text }}) as marks
    from {{ ref('stg_crm__activity_links') }} as links
    inner join record
        on
            links.crm = record.crm
            and links.object_type = record.object_type
            and links.record_id = record.record_id
    inner join {{ ref('stg_crm__activities') }} as activities
        on links.crm = activities.crm and links.activity_id = activities.activity_id
    left join people on activities.owner_id = people.user_id
),

clocks as (
    select
        clocks.sla,
        clocks.started_at,
        clocks.due_at,
        clocks.stopped_at,
        clocks.paused_seconds
    from {{ ref('stg_crm__sla_clocks') }} as clocks
    inner join record
        on
            clocks.crm = record.crm
            and clocks.object_type = record.object_type
            and clocks.record_id = record.record_id
),

clock_moments as (
    select
        started_at as happened_at,
        6 as place_within,
        sla || ' clock started' as detail
    from clocks

    union all

    select
        due_at as happened_at,
        8 as place_within,
        sla || ' clock due' as detail
    from clocks

    union all

    select
        stopped_at as happened_at,
        7 as place_within,
        sla || ' clock stopped'
        || case when stopped_at > due_at then ', late' else ', in time' end as detail
    from clocks
    where stopped_at is not null
),

moments as (
    select * from creation

    union all

    select * from events

    union all

    select * from changes

    union all

    select * from owners

    union all

    select * from activities

    union all

    select
        happened_at,
        6 as place,
        place_within,
        'clock' as what,
        detail,
        cast(null as {{ text }}) as made_by,
        cast(null as {{ text }}) as made_through,
        cast(null as {{ text }}) as marks
    from clock_moments

    union all

    select
        occurred_at as happened_at,
        7 as place,
        0 as place_within,
        'finding' as what,
        'not made by a change' as detail,
        cast(null as {{ text }}) as made_by,
        cast(null as {{ text }}) as made_through,
        finding as marks
    from findings
    where change_number is null

    union all

    select
        deleted_at as happened_at,
        8 as place,
        0 as place_within,
        'deleted' as what,
        case when is_merged then 'merged into another record' else 'deleted' end as detail,
        cast(null as {{ text }}) as made_by,
        cast(null as {{ text }}) as made_through,
        cast(null as {{ text }}) as marks
    from record
    where not is_live
),

final as (
    select
        happened_at,
        what,
        detail,
        made_by,
        nullif(made_through, '') as made_through,
        marks,
        place,
        place_within
    from moments
)

select
    happened_at,
    what,
    detail,
    made_by,
    made_through,
    marks
from final
order by happened_at nulls last, place, place_within, detail
