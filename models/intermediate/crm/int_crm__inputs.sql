-- One row per CRM, object type and input: what is landed of all that rules read. Each big table is
-- read once: what is found stands side by side, then one below the other.
{%- set objects = crm_objects() | list -%}
{#- What a record shows at as_of: words for nothing count as a value of these, of the other
    fields they do not. -#}
{%- set of_records = {
    'amount': 'records.amount is not null',
    'lead_source': 'records.lead_source is not null',
    'next_step': 'records.next_step is not null',
    'consent_status': "records.consent_status <> 'unknown'",
    'do_not_contact': 'records.do_not_contact is not null',
    'hard_bounces': 'records.is_hard_bounced',
    'last_activity': 'records.last_activity_at is not null',
} -%}
{%- set fields = health_field_names() | reject('in', of_records) | list -%}
{%- set told_fields = health_field_names() | list + ['consent_status', 'do_not_contact'] -%}
{#- What a landed record tells, and the objects whose records can. -#}
{%- set of_landed = {
    'legal_hold': ('is_on_legal_hold is not null', objects),
    'do_not_contact': ('do_not_contact is not null', ['contact', 'lead']),
    'opted_out': ("consent_status <> 'unknown'", ['contact', 'lead']),
    'is_customer': ('is_customer is not null', ['account']),
    'is_partner': ('is_partner is not null', ['account']),
    'is_strategic': ('is_strategic is not null', ['account']),
    'loss_reasons': ('not ' ~ is_blank('loss_reason'), ['opportunity']),
} -%}
{%- set flags = of_landed | reject('equalto', 'loss_reasons') | list %}
with records as (
    select * from {{ ref('int_crm__records') }}
),

blank_fields as (
    select * from {{ ref('int_crm__blank_fields') }}
),

stage_map as (
    select * from {{ ref('int_crm__stage_map') }}
),

users as (
    select
        crm,
        kind,
        team
    from {{ ref('stg_crm__users') }}
),

activities as (
    select
        crm,
        activity_id,
        activity_type,
        owner_id
    from {{ ref('stg_crm__activities') }}
),

activity_links as (
    select
        crm,
        activity_id,
        object_type
    from {{ ref('stg_crm__activity_links') }}
),

givers as (
    select * from {{ ref('int_landing__givers') }}
),

told_changes as (
    select * from {{ ref('stg_crm__told_changes') }}
),

sla_clocks as (
    select * from {{ ref('stg_crm__sla_clocks') }}
),

crm_workflow_events as (
    select * from {{ ref('stg_crm__workflow_events') }}
),

opportunity_contacts as (
    select * from {{ ref('stg_crm__opportunity_contacts') }}
),

objects as (
    select object_type from {{ text_rows(['object_type'], objects) }}
),

landed_objects as (
    select object_type from {{ text_rows(['object_type'], objects + ['activity']) }}
),

flags as (
    select flag from {{ text_rows(['flag'], flags) }}
),

histories as (
    select
        crm,
        object_type,
        field,
        max(
            case
                when
                    change_class = 'effective'
                    and next_changed_at is null
                    and not {{ is_blank('new_value') }}
                    then 1
                else 0
            end
        ) as has_last_values,
        max(case when coalesce(actor_kind, channel) in ('human', 'ui') then 1 else 0 end)
            as has_edits_by_people
    from told_changes
    group by crm, object_type, field
),

clocks as (
    select
        crm,
        object_type,
        1 as has_sla_clocks,
        max(case when stopped_at is not null then 1 else 0 end) as has_stopped_clocks,
        max(case when paused_seconds is not null then 1 else 0 end) as has_paused_seconds
    from sla_clocks
    group by crm, object_type
),

workflow_events as (
    select
        crm,
        object_type,
        1 as has_workflow_events
    from crm_workflow_events
    group by crm, object_type
),

contact_roles as (
    select
        crm,
        'opportunity' as object_type,
        1 as has_contact_roles
    from opportunity_contacts
    group by crm
),

landed as (
    {%- for object_type, model in crm_objects().items() %}
        select
            {%- for input, (condition, tellers) in of_landed.items() %}
                max(
                    case
                        when {{ condition if object_type in tellers else 'false' }} then 1
                        else 0
                    end
                ) as has_{{ input }},
            {%- endfor %}
            {%- for field, tellers in fields_told_twice().items() %}
                max(
                    case
                        when {{
                            'not ' ~ is_blank('cast(' ~ field ~ ' as ' ~ dbt.type_string() ~ ')')
                            if object_type in tellers else 'false'
                        }} then 1
                        else 0
                    end
                ) as tells_{{ field }},
            {%- endfor %}
            crm,
            '{{ object_type }}' as object_type
        from {{ ref(model) }}
        group by crm
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

at_as_of as (
    select
        records.crm,
        records.object_type,
        1 as has_records,
        max(
            case
                when records.object_type = 'opportunity' and records.account_id is not null then 1
                else 0
            end
        ) as has_deals_of_accounts,
        {%- for input, condition in of_records.items() %}
            max(case when {{ condition }} then 1 else 0 end) as has_{{ input }},
        {%- endfor %}
        {%- for field in fields %}
            max(case when not blank_fields.lacks_{{ field }} then 1 else 0 end) as has_{{ field }},
        {%- endfor %}
        max(
            case
                when records.object_type = 'opportunity' and records.stage_kind is not null then 1
                else 0
            end
        ) as has_stages
    from records
    left join blank_fields on records.record_sk = blank_fields.record_sk
    group by records.crm, records.object_type
),

active_crms as (
    select
        crm,
        'activity' as object_type,
        1 as has_records,
        max(case when owner_id is not null then 1 else 0 end) as has_owned_activities,
        max(case when activity_type = 'meeting' then 1 else 0 end) as has_meetings
    from activities
    group by crm
),

linked as (
    select
        activity_links.crm,
        activity_links.object_type,
        1 as has_linked_activities,
        max(case when activities.activity_type is not null then 1 else 0 end)
            as has_typed_activities,
        max(case when activities.activity_type = 'meeting' then 1 else 0 end) as has_meetings
    from activity_links
    left join activities
        on
            activity_links.crm = activities.crm
            and activity_links.activity_id = activities.activity_id
    group by activity_links.crm, activity_links.object_type
),

stages as (
    select
        crm,
        object_type,
        max(case when is_milestone then 1 else 0 end) as has_milestones,
        max(case when stage_order is not null then 1 else 0 end) as has_ordered_stages,
        max(case when object_type = 'opportunity' and kind is not null then 1 else 0 end)
            as has_stage_kinds,
        max(case when object_type = 'opportunity' and kind = 'won' then 1 else 0 end)
            as has_won_stages,
        max(case when kind = 'lost' then 1 else 0 end) as has_lost_stages
    from stage_map
    group by crm, object_type
),

-- Of the tables that give an input all must be landed, of the columns one.
landed_givers as (
    select
        crm,
        object_type,
        input,
        must_be_told
    from givers
    group by crm, object_type, input, must_be_told
    having
        max(case when is_landed then 1 else 0 end) = 1
        and (input like 'column:%' or min(case when is_landed then 1 else 0 end) = 1)
),

told as (
    {{ found_inputs('landed', flags) }}
),

found as (
    {{ found_inputs('at_as_of', ['records'] + of_records | list + fields) }}

    union all

    {{ found_inputs('active_crms', ['records', 'owned_activities', 'meetings']) }}

    union all

    -- Of an object whose records no activity names, activities are not landed.
    select
        crm,
        object_type,
        'activities' as input
    from at_as_of
    where has_last_activity = 1

    union all

    select
        crm,
        object_type,
        'activities' as input
    from linked

    union all

    select
        at_as_of.crm,
        objects.object_type,
        'deals_of_accounts' as input
    from at_as_of
    cross join objects
    where at_as_of.has_deals_of_accounts = 1

    union all

    select
        at_as_of.crm,
        objects.object_type,
        'stages' as input
    from at_as_of
    cross join objects
    where at_as_of.has_stages = 1

    union all

    select
        users.crm,
        landed_objects.object_type,
        'users' as input
    from users
    cross join landed_objects

    union all

    select
        users.crm,
        objects.object_type,
        'queues' as input
    from users
    cross join objects
    where users.kind = 'queue'

    union all

    -- Where no user is known to be a person, no edit is known to be one's.
    select distinct
        users.crm,
        landed_objects.object_type,
        'people' as input
    from users
    cross join landed_objects
    where users.kind = 'human'

    union all

    select distinct
        users.crm,
        landed_objects.object_type,
        'told_teams' as input
    from users
    cross join landed_objects
    where users.kind = 'human' and users.team is not null

    union all

    -- Nothing passes from team to team where all are of one.
    select
        users.crm,
        objects.object_type,
        'teams' as input
    from users
    cross join objects
    where users.kind = 'human'
    group by users.crm, objects.object_type
    having count(distinct users.team) > 1

    union all

    {{ found_inputs('linked', ['linked_activities', 'typed_activities', 'meetings']) }}

    union all

    {{ found_inputs('clocks', ['sla_clocks', 'stopped_clocks', 'paused_seconds']) }}

    union all

    {{ found_inputs('workflow_events', ['workflow_events']) }}

    union all

    {{ found_inputs('contact_roles', ['contact_roles']) }}

    union all

    {{ found_inputs('stages', [
        'milestones', 'ordered_stages', 'stage_kinds', 'won_stages', 'lost_stages',
    ]) }}

    union all

    {{ found_inputs('landed', ['loss_reasons']) }}

    union all

    -- A field that histories tell is landed, be it blank on every record today.
    select
        crm,
        object_type,
        field as input
    from histories
    where field in ('{{ told_fields | join("', '") }}')

    union all

    select
        crm,
        object_type,
        'history:' || field as input
    from histories

    union all

    select
        crm,
        object_type,
        'history' as input
    from histories

    union all

    -- A history of which nobody is known to be a person tells of none.
    select
        crm,
        object_type,
        'edits_by_people' as input
    from histories
    where has_edits_by_people = 1

    union all

    select
        landed_givers.crm,
        landed_objects.object_type,
        case
            when landed_givers.input = 'column:active_users' then 'active_users'
            else landed_givers.input
        end as input
    from landed_givers
    inner join landed_objects
        on landed_givers.object_type in ('*', landed_objects.object_type)

    union all

    select
        landed_givers.crm,
        landed_givers.object_type,
        'flag:' || flags.flag as input
    from landed_givers
    inner join flags on landed_givers.input = 'column:' || flags.flag
    left join told
        on
            landed_givers.crm = told.crm
            and landed_givers.object_type = told.object_type
            and flags.flag = told.input
    where told.input is not null or not landed_givers.must_be_told
),

untold as (
    select
        histories.crm,
        histories.object_type,
        histories.field
    from histories
    left join landed
        on histories.crm = landed.crm and histories.object_type = landed.object_type
    where
        histories.has_last_values = 1
        and coalesce(
            case histories.field
                {%- for field in fields_told_twice() %}
                    when '{{ field }}' then landed.tells_{{ field }}
                {%- endfor %}
                else 1
            end,
            0
        ) = 0
),

known as (
    select
        found.crm,
        found.object_type,
        found.input
    from found
    left join untold
        on
            found.crm = untold.crm
            and found.object_type = untold.object_type
            and found.input = untold.field
    where untold.field is null
),

bouncing as (
    select distinct crm
    from known
    where input = 'hard_bounces'
),

final as (
    select distinct
        crm,
        object_type,
        input
    from known

    union

    -- A CRM that sees some people's mail bounce sees that of all whose column is landed.
    select
        known.crm,
        known.object_type,
        'hard_bounces' as input
    from known
    inner join bouncing on known.crm = bouncing.crm
    where known.input = 'column:hard_bounces'

    union

    select
        crm,
        'opportunity' as object_type,
        'customer_activities' as input
    from known
    where input = 'typed_activities' and object_type = 'opportunity'

    union

    select
        crm,
        'opportunity' as object_type,
        'customer_activities' as input
    from known
    where
        input in ('typed_activities', 'deals_of_accounts')
        and object_type in ('account', 'contact')
    group by crm
    having count(distinct input) = 2

    union

    select
        crm,
        'account' as object_type,
        'active_owners' as input
    from known
    where
        object_type = 'account'
        and input in ('owner_id', 'users', 'active_users', 'deals_of_accounts')
    group by crm
    having count(distinct input) = 4
)

select * from final
