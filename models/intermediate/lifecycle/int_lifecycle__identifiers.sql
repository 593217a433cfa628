-- One row per contact or lead, deleted and merged ones included, × address or number, as a hash:
-- whether it is to be left alone, and since when.
{%- set address = '[^ ,;@]+@[^ ,;@]+[.][^ ,;@.]+' -%}
{%- set digits = replace_all('numbers.number', '[^0-9]', '') %}
with contacts as (
    select * from {{ ref('stg_crm__contacts') }}
),

leads as (
    select * from {{ ref('stg_crm__leads') }}
),

records as (
    select * from {{ ref('int_crm__records') }}
),

opt_outs as (
    select * from {{ ref('int_lifecycle__opt_outs') }}
),

countries as (
    select * from {{ ref('countries') }}
),

phone_regions as (
    select * from {{ ref('int_identity__phone_regions') }}
),

blank_placeholders as (
    select * from {{ ref('blank_placeholders') }}
),

people as (
    {%- for relation in ['contacts', 'leads'] %}
        select
            record_key,
            crm,
            email_normalised,
            phone,
            mobile_phone,
            country,
            hard_bounced_at
        from {{ relation }}
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

addresses as (
    select
        record_key,
        split_part(split_part(email_normalised, '@', 1), '+', 1) as local_part,
        split_part(email_normalised, '@', 2) as mail_domain,
        split_part(split_part(email_normalised, '@', 2), '.', 1) as mail_name
    from people
    where {{ matches('email_normalised', address) }}
),

numbers as (
    select
        record_key,
        crm,
        country,
        phone as number
    from people

    union all

    select
        record_key,
        crm,
        country,
        mobile_phone as number
    from people
),

-- The same number with and without its country is one.
compared as (
    select
        numbers.record_key,
        coalesce(
            {{ e164_phone('numbers.number', 'countries.calling_code', 'countries.trunk_prefix') }},
            {{ e164_phone(
                'numbers.number', 'phone_regions.calling_code', 'phone_regions.trunk_prefix'
            ) }},
            case when length({{ digits }}) >= 7 then {{ digits }} end
        ) as number
    from numbers
    left join countries on lower({{ strip('numbers.country') }}) = countries.spelling
    left join phone_regions on numbers.crm = phone_regions.crm
),

-- An address with a tag (jo+news@) reaches the same person as without; one typed in for want of
-- another reaches nobody.
identifiers as (
    select
        addresses.record_key,
        'email' as channel,
        addresses.local_part || '@' || addresses.mail_domain as identifier
    from addresses
    left join blank_placeholders as mailboxes on addresses.local_part = mailboxes.placeholder
    left join blank_placeholders as domains on addresses.mail_name = domains.placeholder
    where
        mailboxes.placeholder is null
        and domains.placeholder is null
        and addresses.local_part <> ''

    union all

    select distinct
        record_key,
        'phone' as channel,
        number as identifier
    from compared
    where number is not null
),

final as (
    select
        identifiers.record_key,
        records.crm,
        records.object_type,
        records.record_id,
        identifiers.channel,
        {{ identifier_hash('identifiers.identifier') }} as identifier_hash,
        {{ hash_key() }} as hash_key,
        records.is_live,
        records.consent_status,
        case
            when records.do_not_contact then 'do_not_contact'
            when identifiers.channel <> 'email' then null
            when records.consent_status in ('opted_out', 'unsubscribed') then 'opted_out'
            when records.is_hard_bounced then 'hard_bounced'
        end as reason,
        case
            when
                records.do_not_contact
                or records.consent_status in ('opted_out', 'unsubscribed')
                then opt_outs.since_at
            else people.hard_bounced_at
        end as since_at
    from identifiers
    inner join people on identifiers.record_key = people.record_key
    inner join records on identifiers.record_key = records.record_key
    left join opt_outs on identifiers.record_key = opt_outs.record_key
)

select * from final
