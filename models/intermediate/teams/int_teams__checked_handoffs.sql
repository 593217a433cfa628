-- One row per handoff that is asked for anything: whether it is complete, and what it lacks.
with handoffs as (
    select * from {{ ref('int_teams__handoffs') }}
),

checklist as (
    select * from {{ ref('int_teams__checklist') }}
),

records as (
    select * from {{ ref('int_crm__records') }}
),

blank_fields as (
    select * from {{ ref('int_crm__blank_fields') }}
),

leads as (
    select * from {{ ref('stg_crm__leads') }}
),

contacts as (
    select * from {{ ref('stg_crm__contacts') }}
),

contact_roles as (
    select * from {{ ref('stg_crm__opportunity_contacts') }}
),

users as (
    select * from {{ ref('stg_crm__users') }}
),

activities as (
    select * from {{ ref('stg_crm__activities') }}
),

activity_links as (
    select * from {{ ref('stg_crm__activity_links') }}
),

-- What is not landed is asked of nobody.
asked as (
    select
        handoffs.handoff,
        handoffs.record_sk,
        handoffs.crm,
        handoffs.handed_at,
        handoffs.told,
        checklist.item,
        checklist.kind,
        checklist.field,
        checklist.in_words,
        {{ later('handoffs.handed_at', 86400, 'checklist.within_days') }} as due_at,
        case
            when checklist.asked_of = 'account' then accounts.record_sk else handoffs.record_sk
        end as asked_sk,
        case
            when checklist.asked_of = 'account' then accounts.owner_id else handoffs.owner_id
        end as owner_id
    from handoffs
    inner join checklist
        on
            handoffs.crm = checklist.crm
            and handoffs.handoff = checklist.handoff
            and handoffs.object_type = checklist.object_type
            and checklist.is_landed
    left join records as accounts
        on
            handoffs.crm = accounts.crm
            and handoffs.account_id = accounts.record_id
            and accounts.object_type = 'account'
            and accounts.is_live
),

deals as (
    select distinct
        record_sk,
        crm,
        record_id,
        account_id
    from handoffs
    where object_type = 'opportunity'
),

deal_contacts as (
    select distinct
        deals.record_sk,
        deals.crm,
        roles.contact_id
    from deals
    inner join contact_roles as roles
        on deals.crm = roles.crm and deals.record_id = roles.opportunity_id
),

became as (
    select
        handoffs.record_sk,
        handoffs.crm,
        leads.converted_contact_id,
        leads.converted_opportunity_id
    from handoffs
    inner join leads on handoffs.crm = leads.crm and handoffs.record_id = leads.lead_id
    where handoffs.object_type = 'lead'
),

customer_records as (
    select
        record_sk,
        crm,
        object_type,
        record_id
    from handoffs

    union

    select
        record_sk,
        crm,
        'account' as object_type,
        account_id as record_id
    from deals

    union

    select
        record_sk,
        crm,
        'contact' as object_type,
        contact_id as record_id
    from deal_contacts

    union

    select
        deals.record_sk,
        deals.crm,
        'contact' as object_type,
        contacts.contact_id as record_id
    from deals
    inner join contacts
        on deals.crm = contacts.crm and deals.account_id = contacts.account_id

    union

    select
        record_sk,
        crm,
        'contact' as object_type,
        converted_contact_id as record_id
    from became

    union

    select
        record_sk,
        crm,
        'opportunity' as object_type,
        converted_opportunity_id as record_id
    from became
),

taken_up as (
    select distinct
        asked.handoff,
        asked.record_sk,
        asked.item
    from asked
    inner join customer_records on asked.record_sk = customer_records.record_sk
    inner join activity_links as links
        on
            customer_records.crm = links.crm
            and customer_records.object_type = links.object_type
            and customer_records.record_id = links.record_id
    inner join activities
        on links.crm = activities.crm and links.activity_id = activities.activity_id
    where
        asked.kind = 'activity'
        and activities.occurred_at between asked.handed_at and asked.due_at
        and activities.is_live
        and not coalesce(activities.is_automated, false)
        and (
            activities.is_planned
            or (
                activities.activity_type in ('meeting', 'call')
                and coalesce(activities.status, 'done')
                not in ('canceled', 'cancelled', 'no_show', 'rescheduled')
            )
        )
),

contacted as (
    select distinct record_sk
    from deal_contacts
),

judged as (
    select
        asked.handoff,
        asked.record_sk,
        asked.handed_at,
        asked.told,
        asked.in_words,
        case asked.kind
            when 'owner_active' then {{ owner_fault('asked', 'users') }} is null
            when 'contact_role' then contacted.record_sk is not null
            when 'activity' then taken_up.record_sk is not null
            when 'field_filled'
                then
                    not coalesce(
                        case asked.field
                            {%- for field in health_field_names() %}
                                when '{{ field }}' then blank_fields.lacks_{{ field }}
                            {%- endfor %}
                        end,
                        true
                    )
        end as is_done
    from asked
    left join users on asked.crm = users.crm and asked.owner_id = users.user_id
    left join blank_fields on asked.asked_sk = blank_fields.record_sk
    left join contacted on asked.record_sk = contacted.record_sk
    left join taken_up
        on
            asked.handoff = taken_up.handoff
            and asked.record_sk = taken_up.record_sk
            and asked.item = taken_up.item
),

final as (
    select
        handoff,
        record_sk,
        handed_at,
        count(case when not is_done then 1 end) = 0 as is_complete,
        case
            when count(case when not is_done then 1 end) = 0 then 'complete'
            else
                told || ', '
                || {{ sorted_list("case when not is_done then 'no ' || in_words end") }}
        end as detail
    from judged
    group by handoff, record_sk, handed_at, told
)

select * from final
