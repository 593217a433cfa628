-- One row per live contact, and live lead that is not converted: what it is compared by.
{%- set blanks = ['first_name', 'last_name', 'street', 'city'] -%}
{#- An address of a person: something before and after the one @, a dot in the latter. -#}
{%- set address = '[^ ,;@]+@[^ ,;@]+[.][^ ,;@.]+' %}

with contacts as (
    select * from {{ ref('stg_crm__contacts') }}
),

account_keys as (
    select * from {{ ref('int_identity__account_keys') }}
),

leads as (
    select * from {{ ref('stg_crm__leads') }}
),

company_names as (
    select * from {{ ref('int_identity__company_names') }}
),

records as (
    select * from {{ ref('base_crm__records') }}
),

role_accounts as (
    select * from {{ ref('role_accounts') }}
),

disposable_mail_domains as (
    select * from {{ ref('disposable_mail_domains') }}
),

free_mail_domains as (
    select * from {{ ref('free_mail_domains') }}
),

reserved_domains as (
    select * from {{ ref('reserved_domains') }}
),

phone_regions as (
    select * from {{ ref('int_identity__phone_regions') }}
),

blank_placeholders as {{ inlined() }} (
    select * from {{ ref('blank_placeholders') }}
),

landed as (
    select
        contacts.record_key,
        contacts.crm,
        contacts.first_name,
        contacts.last_name,
        contacts.email_normalised,
        contacts.phone,
        contacts.phone_e164,
        contacts.street,
        contacts.city,
        contacts.postal_code,
        accounts.company_key,
        accounts.domain_key
    from contacts
    left join account_keys as accounts
        on contacts.crm = accounts.crm and contacts.account_id = accounts.account_id
    where contacts.is_live

    union all

    -- A converted lead lives on as its contact.
    select
        leads.record_key,
        leads.crm,
        leads.first_name,
        leads.last_name,
        leads.email_normalised,
        leads.phone,
        leads.phone_e164,
        leads.street,
        leads.city,
        leads.postal_code,
        names.company_key,
        cast(null as {{ dbt.type_string() }}) as domain_key
    from leads
    left join company_names as names
        on leads.company = names.company_name
    where leads.is_live and not leads.is_converted
),

cleaned as (
    select
        records.record_sk,
        landed.crm,
        {{ compared_phone('landed') }} as phone_e164,
        -- Where neither country is known two numbers are one where all their digits are.
        coalesce(
            {{ compared_phone('landed') }},
            case
                when length({{ replace_all('landed.phone', '[^0-9]', '') }}) >= 7
                    then {{ replace_all('landed.phone', '[^0-9]', '') }}
            end
        ) as phone_number,
        landed.company_key,
        landed.domain_key,
        {%- for column in blanks %}
            {{ compared_text(blank_to_null('landed.' ~ column)) }} as {{ column }},
        {%- endfor %}
        nullif({{ replace_all('lower(landed.postal_code)', '[^a-z0-9]', '') }}, '') as postal_code,
        case
            when {{ matches('landed.email_normalised', address) }} then landed.email_normalised
        end as email
    from landed
    inner join records
        on landed.record_key = records.record_key
    left join phone_regions on landed.crm = phone_regions.crm
),

parted as (
    select
        *,
        split_part(split_part(email, '@', 1), '+', 1) as local_part,
        split_part(email, '@', 2) as mail_domain,
        split_part(split_part(email, '@', 2), '.', 1) as mail_name,
        reverse(split_part(reverse(split_part(email, '@', 2)), '.', 1)) as top_domain,
        reverse(
            split_part(reverse(split_part(email, '@', 2)), '.', 1)
            || '.'
            || split_part(reverse(split_part(email, '@', 2)), '.', 2)
        ) as site_domain,
        count(*) over (partition by crm, phone_number) as n_phone_holders
    from cleaned
),

final as (
    select
        parted.record_sk,
        parted.crm,
        case
            when
                roles.local_part is null
                and blank_mailboxes.placeholder is null
                and blank_domains.placeholder is null
                then parted.email
        end as email_key,
        -- A switchboard says nothing of a person.
        case
            when parted.n_phone_holders <= {{ threshold('identity__phone_holders') }}
                then parted.phone_number || ', ' || parted.last_name
        end as phone_name_key,
        parted.first_name,
        parted.last_name,
        parted.phone_e164,
        parted.company_key,
        case
            when
                free_mail.domain is null
                and disposable.domain is null
                and coalesce(tops.domain, reserved.domain) is null
                and blank_domains.placeholder is null
                then coalesce(parted.mail_domain, parted.domain_key)
            else parted.domain_key
        end as company_host,
        parted.street,
        parted.city,
        parted.postal_code
    from parted
    left join role_accounts as roles on parted.local_part = roles.local_part
    left join disposable_mail_domains as disposable
        on parted.mail_domain = disposable.domain
    left join free_mail_domains as free_mail
        on parted.mail_domain = free_mail.domain
    left join reserved_domains as tops on parted.top_domain = tops.domain
    left join reserved_domains as reserved on parted.site_domain = reserved.domain
    left join blank_placeholders as blank_mailboxes
        on parted.local_part = blank_mailboxes.placeholder
    left join blank_placeholders as blank_domains
        on parted.mail_name = blank_domains.placeholder
)

select * from final
