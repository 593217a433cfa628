-- One row per lead's journey: a lead, or a contact in a lead's stage where a CRM keeps no leads;
-- what it became, and why it is left out of every rate.
{%- set text = dbt.type_string() -%}
{%- set instant = dbt.type_timestamp() %}

with records as (
    select * from {{ ref('int_crm__records') }}
),

leads as (
    select * from {{ ref('stg_crm__leads') }}
),

contacts as (
    select * from {{ ref('stg_crm__contacts') }}
),

opportunities as (
    select * from {{ ref('stg_crm__opportunities') }}
),

contact_roles as (
    select * from {{ ref('stg_crm__opportunity_contacts') }}
),

field_changes as (
    select * from {{ ref('stg_crm__field_changes') }}
),

stage_periods as (
    select * from {{ ref('int_history__stage_periods') }}
),

creations as (
    select * from {{ ref('stg_crm__creations') }}
),

bulk_creations as (
    select * from {{ ref('int_journey__bulk_creations') }}
),

lead_stages as (
    select * from {{ ref('lead_stages') }}
),

synthetic_patterns as (
    select * from {{ ref('synthetic_patterns') }}
),

crms_with_leads as (
    select distinct crm
    from leads
),

-- A stage that a contact is in, was in, or left.
stages_of_contacts as (
    select
        record_sk,
        lifecycle_stage as stage
    from records
    where object_type = 'contact'

    {%- for value in ['old_value', 'new_value'] %}

        union

        select
            record_sk,
            {{ value }} as stage
        from field_changes
        where object_type = 'contact' and field = 'lifecycle_stage' and not is_orphan
    {%- endfor %}
),

lead_contacts as (
    select distinct stages_of_contacts.record_sk
    from stages_of_contacts
    inner join lead_stages
        on lower({{ strip('stages_of_contacts.stage') }}) = lead_stages.stage
),

-- Where a CRM converts nothing, the first deal that a contact got after it came in stands for it.
deals as (
    select
        roles.crm,
        roles.contact_id,
        opportunities.opportunity_id,
        opportunities.created_at,
        row_number() over (
            partition by roles.crm, roles.contact_id
            order by opportunities.created_at, opportunities.opportunity_id
        ) as place
    from contact_roles as roles
    inner join contacts on roles.crm = contacts.crm and roles.contact_id = contacts.contact_id
    inner join opportunities
        on roles.crm = opportunities.crm and roles.opportunity_id = opportunities.opportunity_id
    where opportunities.created_at >= contacts.created_at
),

entries as (
    select
        record_key,
        email_normalised as email,
        phone_e164,
        lower({{ strip("coalesce(first_name, '') || ' ' || coalesce(last_name, '')") }}) as name,
        lower({{ strip('company') }}) as company,
        is_converted,
        case when is_converted then converted_at end as converted_at,
        converted_contact_id,
        converted_account_id,
        converted_opportunity_id
    from leads

    union all

    select
        contacts.record_key,
        contacts.email_normalised as email,
        contacts.phone_e164,
        lower({{ strip(
            "coalesce(contacts.first_name, '') || ' ' || coalesce(contacts.last_name, '')"
        ) }}) as name,
        cast(null as {{ text }}) as company,
        deals.opportunity_id is not null as is_converted,
        deals.created_at as converted_at,
        cast(null as {{ text }}) as converted_contact_id,
        cast(null as {{ text }}) as converted_account_id,
        deals.opportunity_id as converted_opportunity_id
    from contacts
    inner join records on contacts.record_key = records.record_key
    inner join lead_contacts on records.record_sk = lead_contacts.record_sk
    left join crms_with_leads on contacts.crm = crms_with_leads.crm
    left join deals
        on
            contacts.crm = deals.crm
            and contacts.contact_id = deals.contact_id
            and deals.place = 1
    where crms_with_leads.crm is null
),

synthetic as (
    {%- for field in ['email', 'name', 'company'] %}
        select entries.record_key
        from entries
        inner join synthetic_patterns as patterns
            on {{ matches_pattern('entries.' ~ field, 'patterns.pattern') }}
        where patterns.field = '{{ field }}'
        {%- if not loop.last %}

            union
        {% endif %}
    {%- endfor %}
),

-- When a lead came to its end, where its history tells.
endings as (
    select
        record_sk,
        stage_kind,
        started_at
    from stage_periods
    where
        object_type = 'lead'
        and stage_kind in ('lost', 'won')
        and is_current
        and started_by_change_id is not null
),

-- A conversion that is landed as a day was at an instant that at most the history knows.
timed as (
    select
        entries.record_key,
        case
            when
                entries.converted_at
                <> {{ dbt.date_trunc('day', 'entries.converted_at') }}
                then entries.converted_at
            when endings.stage_kind = 'won' then endings.started_at
        end as converted_at
    from entries
    inner join records on entries.record_key = records.record_key
    left join endings on records.record_sk = endings.record_sk
    where entries.is_converted
),

final as (
    select
        records.record_sk,
        records.record_key as journey_key,
        records.crm,
        records.object_type,
        records.record_id,
        records.segment,
        records.lead_source,
        records.owner_id as current_owner_id,
        records.created_at as entered_at,
        coalesce(entries.email, entries.phone_e164) is not null as has_contact_data,
        entries.is_converted,
        cast(
            case
                when timed.converted_at > records.created_at then timed.converted_at
                when timed.converted_at is not null then records.created_at
            end as {{ instant }}
        ) as converted_at,
        entries.converted_contact_id,
        entries.converted_account_id,
        entries.converted_opportunity_id,
        coalesce(
            records.object_type = 'lead' and records.stage_kind = 'lost', false
        ) as is_disqualified,
        case when endings.stage_kind = 'lost' then endings.started_at end as disqualified_at,
        case
            when records.is_merged then 'merged'
            when records.is_deleted then 'deleted'
            when synthetic.record_key is not null then 'synthetic'
            when creations.channel = 'import' or bulk_creations.record_sk is not null
                then 'imported'
            when not coalesce(records.has_creation_date, true) then 'entry_not_known'
        end as left_out_reason
    from entries
    inner join records on entries.record_key = records.record_key
    left join endings on records.record_sk = endings.record_sk
    left join timed on entries.record_key = timed.record_key
    left join creations on records.record_sk = creations.record_sk
    left join bulk_creations on records.record_sk = bulk_creations.record_sk
    left join synthetic on records.record_key = synthetic.record_key
)

select * from final
