-- One row per entry into a stage that evidence is asked for which is landed, once the days of the
-- policy have passed: what does it lack?
{%- set text = dbt.type_string() -%}
{%- set bigint = dbt.type_bigint() -%}
{%- set days = threshold('premature_stage__evidence_days') -%}
{#- Requirement, what must be landed to judge it, its name in words. -#}
{%- set requirements = [
    ('next_step', 'next_step', 'next step'),
    ('amount', 'amount', 'amount'),
    ('contact_role', 'contact_roles', 'contact role'),
    ('meeting', 'meetings', 'meeting'),
    ('next_meeting', 'meetings', 'next meeting'),
] %}
with periods as (
    select * from {{ ref('int_history__stage_periods') }}
),

stage_evidence as (
    select * from {{ ref('stage_evidence') }}
),

stage_criteria as (
    select * from {{ ref('stage_criteria') }}
),

inputs as (
    select * from {{ ref('int_crm__inputs') }}
),

records as (
    select
        record_sk,
        next_step,
        amount,
        coalesce(stage_kind in ('won', 'lost'), false) as is_closed
    from {{ ref('int_crm__records') }}
    where object_type in ('opportunity', 'lead', 'case')
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
    where
        not is_orphan
        and object_type in ('opportunity', 'lead', 'case')
        and field in ('next_step', 'amount')
),

meetings as (
    select
        crm,
        activity_id,
        occurred_at,
        is_planned
    from {{ ref('stg_crm__activities') }}
    where
        activity_type = 'meeting'
        and is_live
        and coalesce(status, 'done') not in ('canceled', 'cancelled', 'no_show', 'rescheduled')
),

links as (
    select * from {{ ref('stg_crm__activity_links') }}
),

opportunity_contacts as (
    select * from {{ ref('stg_crm__opportunity_contacts') }}
),

histories as (
    select
        crm,
        object_type,
        max(case when input = 'history:next_step' then 1 else 0 end) as has_next_step,
        max(case when input = 'history:amount' then 1 else 0 end) as has_amount
    from inputs
    group by crm, object_type
),

contact_roles as (
    select distinct
        crm,
        'opportunity' as object_type,
        opportunity_id as record_id
    from opportunity_contacts
),

stages as (
    select distinct
        crm,
        object_type,
        coalesce(pipeline, '') as pipeline,
        stage,
        is_milestone
    from periods
),

required as (
    select
        stages.crm,
        stages.object_type,
        stages.pipeline,
        stages.stage,
        stages.is_milestone,
        {%- for requirement, _, _ in requirements %}
            max(case when evidence.requirement = '{{ requirement }}' then 1 else 0 end) = 1
                as needs_{{ requirement }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from stages
    inner join stage_evidence as evidence
        on
            stages.object_type = evidence.object_type
            and evidence.crm in ('*', stages.crm)
            and coalesce(evidence.pipeline, '*') in ('*', stages.pipeline)
            and (
                stages.stage = evidence.stage
                or (evidence.stage = '*milestone*' and stages.is_milestone)
            )
    inner join inputs
        on
            stages.crm = inputs.crm
            and stages.object_type = inputs.object_type
            and inputs.input = case evidence.requirement
                {%- for requirement, input, _ in requirements %}
                    when '{{ requirement }}' then '{{ input }}'
                {%- endfor %}
            end
    group by
        stages.crm, stages.object_type, stages.pipeline, stages.stage, stages.is_milestone
),

criteria as (
    select
        stages.crm,
        stages.object_type,
        stages.pipeline,
        stages.stage,
        stages.is_milestone,
        policy.entry,
        row_number() over (
            partition by
                stages.crm, stages.object_type, stages.pipeline, stages.stage, stages.is_milestone
            order by
                case when policy.stage = '*milestone*' then 1 else 0 end,
                case when policy.crm = '*' then 1 else 0 end,
                case when coalesce(policy.pipeline, '*') = '*' then 1 else 0 end
        ) as place
    from stages
    inner join stage_criteria as policy
        on
            stages.object_type = policy.object_type
            and policy.crm in ('*', stages.crm)
            and coalesce(policy.pipeline, '*') in ('*', stages.pipeline)
            and (
                stages.stage = policy.stage
                or (policy.stage = '*milestone*' and stages.is_milestone)
            )
),

entries as (
    select
        periods.record_sk,
        periods.record_key,
        periods.crm,
        periods.object_type,
        periods.record_id,
        periods.period_number,
        periods.stage,
        criteria.entry as entry_criterion,
        periods.started_at as entered_at,
        {{ later('periods.started_at', -86400, days) }} as first_meeting_at,
        {{ later('periods.started_at', 86400, days) }} as last_evidence_at,
        {%- for requirement, _, _ in requirements %}
            required.needs_{{ requirement }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from periods
    inner join required
        on
            periods.crm = required.crm
            and periods.object_type = required.object_type
            and coalesce(periods.pipeline, '') = required.pipeline
            and periods.stage = required.stage
            and periods.is_milestone = required.is_milestone
    left join criteria
        on
            required.crm = criteria.crm
            and required.object_type = criteria.object_type
            and required.pipeline = criteria.pipeline
            and required.stage = criteria.stage
            and required.is_milestone = criteria.is_milestone
            and criteria.place = 1
    where {{ later('periods.started_at', 86400, days) }} < {{ as_of() }}
),

-- Each value that a field held, told as event 0 up to its first change.
events as (
    select
        records.record_sk,
        'next_step' as field,
        0 as event_number,
        cast(null as {{ dbt.type_timestamp() }}) as event_at,
        cast(null as {{ text }}) as old_value,
        {{ blank_to_null('records.next_step') }} as value
    from records

    union all

    select
        record_sk,
        'amount' as field,
        0 as event_number,
        cast(null as {{ dbt.type_timestamp() }}) as event_at,
        cast(null as {{ text }}) as old_value,
        cast(amount as {{ text }}) as value
    from records

    union all

    select
        record_sk,
        field,
        change_number as event_number,
        changed_at as event_at,
        old_value,
        new_value as value
    from field_changes
),

followed as (
    select
        *,
        lead(event_at) over (partition by record_sk, field order by event_number) as next_event_at,
        lead(old_value) over (partition by record_sk, field order by event_number)
            as next_old_value
    from events
),

held as (
    select
        record_sk,
        field,
        event_at as held_from_at,
        next_event_at as held_until_at
    from followed
    where
        case
            when event_number = 0 and next_event_at is not null then next_old_value
            else value
        end is not null
),

-- The value at the entry is the one after the changes of that very instant.
values_found as (
    select
        entries.record_sk,
        entries.period_number,
        max(case when held.field = 'next_step' then 1 else 0 end) = 1 as has_next_step,
        max(case when held.field = 'amount' then 1 else 0 end) = 1 as has_amount
    from entries
    inner join held
        on entries.record_sk = held.record_sk
    where
        (held.held_from_at is null or held.held_from_at <= entries.last_evidence_at)
        and (
            held.held_from_at >= entries.entered_at
            or held.held_until_at is null
            or held.held_until_at > entries.entered_at
        )
    group by entries.record_sk, entries.period_number
),

-- A next meeting that has been held since was still ahead when the stage was entered.
meetings_found as (
    select
        entries.record_sk,
        entries.period_number,
        max(
            case
                when
                    not meetings.is_planned
                    and meetings.occurred_at
                    between entries.first_meeting_at and entries.last_evidence_at
                    then 1
                else 0
            end
        ) as has_meeting,
        max(
            case
                when
                    meetings.occurred_at > entries.entered_at
                    and (
                        meetings.is_planned or meetings.occurred_at <= entries.last_evidence_at
                    )
                    then 1
                else 0
            end
        ) as has_next_meeting
    from entries
    inner join links
        on
            entries.crm = links.crm
            and entries.object_type = links.object_type
            and entries.record_id = links.record_id
    inner join meetings
        on links.crm = meetings.crm and links.activity_id = meetings.activity_id
    where meetings.occurred_at >= entries.first_meeting_at
    group by entries.record_sk, entries.period_number
),

-- Without a history, what a closed deal holds today does not tell what it held then.
compared as (
    select
        entries.*,
        {%- for field in ['next_step', 'amount'] %}
            entries.needs_{{ field }}
            and not coalesce(values_found.has_{{ field }}, false)
            and (not coalesce(records.is_closed, false) or histories.has_{{ field }} = 1)
                as lacks_{{ field }},
        {%- endfor %}
        entries.needs_contact_role and contact_roles.record_id is null as lacks_contact_role,
        {%- for requirement in ['meeting', 'next_meeting'] %}
            entries.needs_{{ requirement }}
            and coalesce(meetings_found.has_{{ requirement }}, 0) = 0
                as lacks_{{ requirement }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from entries
    left join records on entries.record_sk = records.record_sk
    left join histories
        on entries.crm = histories.crm and entries.object_type = histories.object_type
    left join values_found
        on
            entries.record_sk = values_found.record_sk
            and entries.period_number = values_found.period_number
    left join contact_roles
        on
            entries.crm = contact_roles.crm
            and entries.object_type = contact_roles.object_type
            and entries.record_id = contact_roles.record_id
    left join meetings_found
        on
            entries.record_sk = meetings_found.record_sk
            and entries.period_number = meetings_found.period_number
),

judged as (
    select
        *,
        {%- for requirement, _, _ in requirements %}
            {{ 'or ' if not loop.first }}lacks_{{ requirement }}
        {%- endfor %}
            as is_premature
    from compared
),

final as (
    select
        record_sk,
        record_key,
        crm,
        object_type,
        period_number,
        case
            when period_number > 1
                then case when object_type = 'opportunity' then 'stage' else 'status' end
        end as field,
        case when period_number > 1 then cast(period_number - 1 as {{ bigint }}) end
            as change_number,
        entered_at,
        is_premature,
        case
            when is_premature
                then
                    'entered ' || stage
                    {%- for requirement, _, words in requirements %}
                        || case when lacks_{{ requirement }} then ', no {{ words }}' else '' end
                    {%- endfor %}
                    || ' within ' || cast({{ days }} as integer) || ' days'
                    || coalesce('; to enter it: ' || entry_criterion, '')
        end as detail
    from judged
)

select * from final
