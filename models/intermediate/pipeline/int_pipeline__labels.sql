-- One row per deal: its name, unless it is a person's or bears one.
{%- set name_bears = {
    'first_name': dbt.position('lower(people.first_name)', 'lower(deals.opportunity_name)'),
    'last_name': dbt.position('lower(people.last_name)', 'lower(deals.opportunity_name)'),
} %}
with deals as (
    select * from {{ ref('stg_crm__opportunities') }}
),

records as (
    select * from {{ ref('int_crm__records') }}
    where object_type = 'opportunity'
),

accounts as (
    select * from {{ ref('stg_crm__accounts') }}
),

contacts as (
    select * from {{ ref('stg_crm__contacts') }}
),

deal_contacts as (
    select * from {{ ref('stg_crm__opportunity_contacts') }}
),

-- The people of a deal: the contacts of its account, and who has a role in it.
people as (
    select
        deals.record_key,
        contacts.first_name,
        contacts.last_name
    from deals
    inner join contacts
        on deals.crm = contacts.crm and deals.account_id = contacts.account_id

    union all

    select
        deals.record_key,
        contacts.first_name,
        contacts.last_name
    from deals
    inner join deal_contacts
        on
            deals.crm = deal_contacts.crm
            and deals.opportunity_id = deal_contacts.opportunity_id
    inner join contacts
        on
            deal_contacts.crm = contacts.crm
            and deal_contacts.contact_id = contacts.contact_id
),

named_after_people as (
    select distinct deals.record_key
    from deals
    inner join people on deals.record_key = people.record_key
    where
        length(people.last_name) > 1
        and {{ name_bears.last_name }} > 0
        and (coalesce(people.first_name, '') = '' or {{ name_bears.first_name }} > 0)
),

final as (
    select
        records.record_sk,
        case
            when
                not coalesce(accounts.is_person, false)
                and named_after_people.record_key is null
                and deals.opportunity_name not like '%@%'
                then deals.opportunity_name
        end as record_name
    from records
    inner join deals on records.record_key = deals.record_key
    left join accounts
        on deals.crm = accounts.crm and deals.account_id = accounts.account_id
    left join named_after_people on deals.record_key = named_after_people.record_key
)

select * from final
