-- One row per live deal won in the window whose time for the handoff is over: whether it is
-- complete.
{%- set days = threshold('handoff_completeness__evidence_days') -%}
{%- set window_start
    = later(as_of(), -86400, threshold('handoff_completeness__window_days')) -%}
{%- set closed_on = 'cast(records.close_date as ' ~ dbt.type_timestamp() ~ ')' -%}
{#- What a handoff needs, and its name in words. -#}
{%- set requirements = {
    'owner': 'active owner of the account',
    'contact': 'contact',
    'activity': 'meeting, call or planned activity in time',
} %}

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
        close_date,
        is_live
    from {{ ref('int_crm__records') }}
),

opportunities as (
    select * from {{ ref('stg_crm__opportunities') }}
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

stage_periods as (
    select * from {{ ref('int_history__stage_periods') }}
),

activities as (
    select * from {{ ref('stg_crm__activities') }}
),

activity_links as (
    select * from {{ ref('stg_crm__activity_links') }}
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
        records.crm,
        records.record_id,
        records.account_id,
        coalesce(
            wins.entered_at,
            opportunities.closed_at,
            case when {{ closed_on }} <= {{ as_of() }} then {{ closed_on }} end
        ) as won_at
    from records
    inner join opportunities on records.record_key = opportunities.record_key
    left join wins on records.record_sk = wins.record_sk
    where records.is_live and records.stage_kind = 'won'
),

deals as (
    select
        record_sk,
        crm,
        record_id,
        account_id,
        won_at,
        {{ later('won_at', 86400, days) }} as due_at
    from won
    where won_at > {{ window_start }} and {{ later('won_at', 86400, days) }} < {{ as_of() }}
),

deal_contacts as (
    select distinct
        deals.record_sk,
        roles.contact_id
    from deals
    inner join contact_roles as roles
        on deals.crm = roles.crm and deals.record_id = roles.opportunity_id
),

customer_records as (
    select
        record_sk,
        'opportunity' as object_type,
        record_id
    from deals

    union

    select
        record_sk,
        'account' as object_type,
        account_id as record_id
    from deals

    union

    select
        record_sk,
        'contact' as object_type,
        contact_id as record_id
    from deal_contacts

    union

    select
        deals.record_sk,
        'contact' as object_type,
        contacts.contact_id as record_id
    from deals
    inner join contacts
        on deals.crm = contacts.crm and deals.account_id = contacts.account_id
),

-- Stored, or an engine may join deals with activities by CRM and time first: each with nearly all.
customer_activities as {{ materialized() }} (
    select distinct
        deals.record_sk,
        deals.won_at,
        deals.due_at,
        links.crm,
        links.activity_id
    from deals
    inner join customer_records on deals.record_sk = customer_records.record_sk
    inner join activity_links as links
        on
            deals.crm = links.crm
            and customer_records.object_type = links.object_type
            and customer_records.record_id = links.record_id
),

taken_up as (
    select distinct customers.record_sk
    from customer_activities as customers
    inner join activities
        on customers.crm = activities.crm and customers.activity_id = activities.activity_id
    where
        activities.occurred_at between customers.won_at and customers.due_at
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
        deals.record_sk,
        deals.won_at,
        {{ owner_fault('accounts', 'users') }} is not null as lacks_owner,
        contacted.record_sk is null as lacks_contact,
        taken_up.record_sk is null as lacks_activity
    from deals
    left join records as accounts
        on
            deals.crm = accounts.crm
            and deals.account_id = accounts.record_id
            and accounts.object_type = 'account'
            and accounts.is_live
    left join users on accounts.crm = users.crm and accounts.owner_id = users.user_id
    left join contacted on deals.record_sk = contacted.record_sk
    left join taken_up on deals.record_sk = taken_up.record_sk
),

final as (
    select
        record_sk,
        cast(null as {{ dbt.type_string() }}) as part,
        (not lacks_owner and not lacks_contact and not lacks_activity) as is_counted,
        cast(null as {{ type_double() }}) as hours,
        won_at as occurred_at,
        case
            when lacks_owner or lacks_contact or lacks_activity
                then
                    'won'
                    {%- for requirement, words in requirements.items() %}
                        || case when lacks_{{ requirement }} then ', no {{ words }}' else '' end
                    {%- endfor %}
            else 'complete'
        end as detail
    from judged
)

select * from final
