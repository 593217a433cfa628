-- One row per record and record that names it or is named with it, under narrow keys. Of a role the
-- other side may not be to be seen.
with records as (
    select * from {{ ref('int_lifecycle__records') }}
),

keys as (
    select
        record_sk,
        crm,
        object_type,
        record_id
    from {{ ref('int_crm__records') }}
    where object_type in ('contact', 'opportunity')
),

opportunity_contacts as (
    select * from {{ ref('stg_crm__opportunity_contacts') }}
),

contacts as (
    select
        record_sk,
        account_sk
    from records
    where object_type = 'contact'
),

roles as (
    select
        opportunities.record_sk as opportunity_sk,
        contacts.record_sk as contact_sk
    from opportunity_contacts as roles
    left join keys as opportunities
        on
            roles.crm = opportunities.crm
            and opportunities.object_type = 'opportunity'
            and roles.opportunity_id = opportunities.record_id
    left join keys as contacts
        on
            roles.crm = contacts.crm
            and contacts.object_type = 'contact'
            and roles.contact_id = contacts.record_id
),

-- The contacts, deals, cases and converted leads of an account; the deals (by role), cases and
-- converted leads of a contact; the contacts (by role) and converted leads of a deal.
final as (
    select
        account_sk as record_sk,
        object_type as link,
        record_sk as linked_sk
    from records
    where account_sk is not null

    union all

    select
        contact_sk as record_sk,
        object_type as link,
        record_sk as linked_sk
    from records
    where contact_sk is not null

    {%- for object_type in ['account', 'contact', 'opportunity'] %}

        union all

        select
            converted_{{ object_type }}_sk as record_sk,
            object_type as link,
            record_sk as linked_sk
        from records
        where converted_{{ object_type }}_sk is not null
    {%- endfor %}

    union all

    select
        contacts.account_sk as record_sk,
        'case of a contact' as link,
        records.record_sk as linked_sk
    from records
    inner join contacts on records.contact_sk = contacts.record_sk
    where contacts.account_sk is not null

    union all

    select
        contact_sk as record_sk,
        'opportunity' as link,
        opportunity_sk as linked_sk
    from roles
    where contact_sk is not null

    union all

    select
        opportunity_sk as record_sk,
        'contact' as link,
        contact_sk as linked_sk
    from roles
    where opportunity_sk is not null
)

select * from final
