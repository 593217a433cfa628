-- One row per live account: what it is compared by.
{%- set blanks = ['domain', 'street', 'city'] %}

with crm_accounts as (
    select * from {{ ref('stg_crm__accounts') }}
),

records as (
    select * from {{ ref('base_crm__records') }}
),

company_names as (
    select * from {{ ref('int_identity__company_names') }}
),

free_mail_domains as (
    select * from {{ ref('free_mail_domains') }}
),

accounts as (
    select
        records.record_sk,
        accounts.crm,
        accounts.account_id,
        accounts.account_name,
        accounts.is_person,
        coalesce(accounts.parent_account_id <> accounts.account_id, false) as is_branch,
        accounts.country_iso2,
        accounts.phone_e164,
        accounts.postal_code,
        {%- for column in blanks %}
            {{ blank_to_null('accounts.' ~ column) }} as {{ column }}
            {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from crm_accounts as accounts
    inner join records
        on accounts.record_key = records.record_key
    where accounts.is_live
),

cleaned as (
    select
        record_sk,
        crm,
        account_id,
        account_name,
        is_person,
        is_branch,
        country_iso2,
        phone_e164,
        {{ compared_text('street') }} as street,
        {{ compared_text('city') }} as city,
        nullif({{ replace_all('lower(postal_code)', '[^a-z0-9]', '') }}, '') as postal_code,
        {{ replace_all(
            replace_all(
                replace_all(
                    'lower(' ~ strip('domain') ~ ')', '^([a-z][a-z0-9+.-]*:)?/+', ''
                ),
                '[/?#:].*$', ''
            ),
            '^www[.]|[.]+$', ''
        ) }} as host
    from accounts
),

final as (
    select
        cleaned.record_sk,
        cleaned.crm,
        cleaned.account_id,
        cleaned.is_branch,
        case
            when
                free_mail.domain is null
                and {{ matches('cleaned.host', '[^ ,;@]+[.][^ ,;@.]+') }}
                then cleaned.host
        end as domain_key,
        -- Many people of a country have the same name.
        case when not cleaned.is_person then names.company_key || ', ' || cleaned.country_iso2 end
            as name_key,
        names.company_key,
        cleaned.phone_e164,
        cleaned.street,
        cleaned.city,
        cleaned.postal_code
    from cleaned
    left join company_names as names
        on cleaned.account_name = names.company_name
    left join free_mail_domains as free_mail on cleaned.host = free_mail.domain
)

select * from final
