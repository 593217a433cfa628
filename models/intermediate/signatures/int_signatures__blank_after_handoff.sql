-- One row per handoff from one team to another in the windows, once the days of the policy have
-- passed: is a field that is asked for blank at it and all the days after?
{%- set text = dbt.type_string() -%}
{%- set days = threshold('handoff_blank__days') -%}
{#- Field that is asked for, and a field that fills it. A handoff gives an owner. -#}
{%- set parts = [] -%}
{%- for field in health_field_names() if field != 'owner_id' -%}
    {%- if field not in health_either_fields() -%}
        {%- do parts.append([field, field]) -%}
    {%- endif -%}
{%- endfor -%}
{%- set single = parts | map('first') | list -%}
{%- for field, pair in health_either_fields().items() -%}
    {%- for part in pair -%}{%- do parts.append([field, part]) -%}{%- endfor -%}
{%- endfor %}
with owner_changes as (
    select * from {{ ref('int_history__owner_changes') }}
),

records as (
    select
        record_sk,
        record_key,
        crm,
        object_type,
        is_live
    from {{ ref('int_crm__records') }}
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

stage_map as (
    select * from {{ ref('int_crm__stage_map') }}
),

blank_fields as (
    select * from {{ ref('int_crm__blank_fields') }}
),

field_changes as (
    select
        record_sk,
        field,
        change_number,
        changed_at,
        old_value,
        new_value
    from {{ ref('stg_crm__field_changes') }}
    where not is_orphan
),

required_fields as (
    select * from {{ ref('required_fields') }}
),

inputs as (
    select * from {{ ref('int_crm__inputs') }}
),

parts as (
    select
        field,
        part
    from {{ text_rows(['field', 'part'], parts) }}
),

-- Stored, or an engine may join all users with each other first.
given as {{ materialized() }} (
    select
        records.record_sk,
        records.record_key,
        records.crm,
        records.object_type,
        changes.change_number,
        changes.changed_at,
        changes.new_value,
        givers.team as old_team,
        {{ later('changes.changed_at', 86400, days) }} as due_at,
        {{ signature_window('changes.changed_at') }} as signature_window
    from owner_changes as changes
    inner join records on changes.record_sk = records.record_sk
    inner join users as givers
        on records.crm = givers.crm and changes.old_value = givers.user_id
    where records.is_live
),

given_on as (
    select
        given.record_sk,
        given.record_key,
        given.crm,
        given.object_type,
        given.change_number,
        given.changed_at,
        given.old_team,
        takers.team as new_team,
        given.due_at,
        given.signature_window
    from given
    inner join users as takers
        on given.crm = takers.crm and given.new_value = takers.user_id
    where given.old_team <> takers.team
),

-- Nobody fills in what was given up before the time is over.
given_up as (
    select distinct
        given_on.record_sk,
        given_on.change_number
    from given_on
    inner join stage_periods as periods
        on given_on.record_sk = periods.record_sk
    where
        periods.is_terminal
        and coalesce(periods.stage_kind, 'lost') <> 'won'
        and periods.started_at <= given_on.due_at
        and (periods.ended_at is null or periods.ended_at > given_on.changed_at)
),

first_milestones as (
    select
        crm,
        object_type,
        pipeline,
        min(stage_order) as stage_order
    from stage_map
    where is_milestone
    group by crm, object_type, pipeline
),

-- The stage at the handoff is the one after the changes of that very instant.
in_stages as (
    select
        given_on.record_sk,
        given_on.change_number,
        periods.stage_kind,
        coalesce(
            periods.stage_kind = 'won' or periods.stage_order >= milestones.stage_order, false
        ) as is_past_milestone
    from given_on
    inner join stage_periods as periods
        on
            given_on.record_sk = periods.record_sk
            and given_on.changed_at >= periods.started_at
    left join first_milestones as milestones
        on
            periods.crm = milestones.crm
            and periods.object_type = milestones.object_type
            and coalesce(periods.pipeline, '') = milestones.pipeline
    where periods.ended_at is null or periods.ended_at > given_on.changed_at
),

handoffs as (
    select
        given_on.*,
        in_stages.stage_kind,
        coalesce(in_stages.is_past_milestone, false) as is_past_milestone
    from given_on
    left join given_up
        on
            given_on.record_sk = given_up.record_sk
            and given_on.change_number = given_up.change_number
    left join in_stages
        on
            given_on.record_sk = in_stages.record_sk
            and given_on.change_number = in_stages.change_number
    where
        given_up.record_sk is null
        and given_on.signature_window is not null
        and given_on.due_at < {{ as_of() }}
),

-- A field that is not landed is asked of nobody.
required as (
    select
        inputs.crm,
        inputs.object_type,
        policy.field,
        policy.asked_from
    from inputs
    inner join required_fields as policy
        on inputs.object_type = policy.object_type and inputs.input = policy.field
),

asked as (
    select
        handoffs.record_sk,
        handoffs.change_number,
        handoffs.changed_at,
        handoffs.due_at,
        parts.field,
        parts.part,
        histories.input is not null as has_history,
        coalesce(
            case parts.part
                {%- for field in single %}
                    when '{{ field }}' then blank_fields.lacks_{{ field }}
                {%- endfor %}
            end,
            false
        ) as is_blank_today
    from handoffs
    inner join required
        on handoffs.crm = required.crm and handoffs.object_type = required.object_type
    inner join parts on required.field = parts.field
    inner join blank_fields on handoffs.record_sk = blank_fields.record_sk
    left join inputs as histories
        on
            handoffs.crm = histories.crm
            and handoffs.object_type = histories.object_type
            and 'history:' || parts.part = histories.input
    where
        case required.asked_from
            when 'always' then true
            when 'milestone' then handoffs.is_past_milestone
            when 'closed' then handoffs.stage_kind in ('won', 'lost', 'closed')
            else handoffs.stage_kind = required.asked_from
        end
),

handed as (
    select distinct record_sk
    from handoffs
),

values_told as (
    select
        changes.record_sk,
        changes.field,
        changes.change_number,
        changes.changed_at,
        changes.old_value,
        changes.new_value,
        lead(changes.changed_at) over (
            partition by changes.record_sk, changes.field order by changes.change_number
        ) as next_changed_at
    from field_changes as changes
    inner join handed on changes.record_sk = handed.record_sk
),

-- A field that no history tells is taken to have been what it is today.
held as (
    select distinct
        asked.record_sk,
        asked.change_number,
        asked.field
    from asked
    left join values_told as told
        on asked.record_sk = told.record_sk and asked.part = told.field
    where
        case
            when told.record_sk is null then not asked.is_blank_today
            when
                told.change_number = 1
                and told.old_value is not null
                and told.changed_at > asked.changed_at
                then true
            else
                (
                    told.new_value is not null
                    -- Filled since by a change that its history does not tell.
                    or (told.next_changed_at is null and not asked.is_blank_today)
                )
                and told.changed_at <= asked.due_at
                and (told.next_changed_at is null or told.next_changed_at > asked.changed_at)
        end
),

fields as (
    select
        asked.record_sk,
        asked.change_number,
        asked.field,
        held.record_sk is null as is_blank,
        max(case when asked.has_history or told.record_sk is not null then 1 else 0 end) = 1
            as is_told
    from asked
    left join held
        on
            asked.record_sk = held.record_sk
            and asked.change_number = held.change_number
            and asked.field = held.field
    left join values_told as told
        on asked.record_sk = told.record_sk and asked.part = told.field
    group by asked.record_sk, asked.change_number, asked.field, held.record_sk
),

judged as (
    select
        record_sk,
        change_number,
        {{ sorted_list("case when is_blank and is_told then field end") }} as told_fields,
        {{ sorted_list("case when is_blank and not is_told then field end") }} as today_fields
    from fields
    group by record_sk, change_number
),

worded as (
    select
        record_sk,
        change_number,
        nullif(told_fields, '') as told_fields,
        nullif(today_fields, '') as today_fields
    from judged
),

final as (
    select
        handoffs.record_sk,
        handoffs.record_key,
        handoffs.crm,
        handoffs.object_type,
        cast(null as {{ text }}) as part,
        'owner_id' as field,
        handoffs.change_number,
        handoffs.changed_at as occurred_at,
        handoffs.signature_window,
        coalesce(worded.told_fields, worded.today_fields) is not null as is_hit,
        cast(null as {{ text }}) as related_id,
        case
            when coalesce(worded.told_fields, worded.today_fields) is not null
                then handoffs.due_at
        end as related_at,
        case
            when coalesce(worded.told_fields, worded.today_fields) is not null
                then
                    'given by ' || handoffs.old_team || ' to ' || handoffs.new_team
                    || case
                        when worded.told_fields is null then ''
                        else
                            ', blank until '
                            || {{ duration_text(
                                seconds_between('handoffs.changed_at', 'handoffs.due_at')
                            ) }}
                            || ' after it: ' || worded.told_fields
                    end
                    || case
                        when worded.today_fields is null then ''
                        else ', blank today and without a history: ' || worded.today_fields
                    end
        end as detail
    from handoffs
    inner join worded
        on
            handoffs.record_sk = worded.record_sk
            and handoffs.change_number = worded.change_number
)

select * from final
