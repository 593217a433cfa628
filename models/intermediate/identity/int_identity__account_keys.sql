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

shared_hosts as {{ inlined() }} (
    select * from {{ ref('shared_hosts') }}
),

reserved_domains as (
    select * from {{ ref('reserved_domains') }}
),

phone_regions as (
    select * from {{ ref('int_identity__phone_regions') }}
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
        {{ compared_phone('accounts') }} as phone_e164,
        accounts.postal_code,
        {%- for column in blanks %}
            {{ blank_to_null('accounts.' ~ column) }} as {{ column }}
            {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from crm_accounts as accounts
    inner join records
        on accounts.record_key = records.record_key
    left join phone_regions on accounts.crm = phone_regions.crm
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
        {{ replace_all('lower(' ~ strip('domain') ~ ')', '^([a-z][a-z0-9+.-]*:)?/+', '') }}
            as address
    from accounts
),

hosted as (
    select
        *,
        {{ replace_all(replace_all('address', '[/?#:].*$', ''), '^www[.]|[.]+$', '') }} as host,
        -- What is longer than a language or country names somebody's page.
        case
            when length({{ dbt.split_part('address', "'/'", 2) }}) > 3
                then {{ dbt.split_part('address', "'/'", 2) }}
        end as page
    from cleaned
),

-- Sites on which companies have a page each, told by the pages that are landed.
page_hosts as (
    select hosted.host
    from hosted
    left join company_names as names on hosted.account_name = names.company_name
    where hosted.page is not null
    group by hosted.host
    having count(distinct hosted.page) > 1 and count(distinct names.company_key) > 1
),

located as (
    select
        hosted.*,
        {%- set labels = ["split_part(reverse(hosted.host), '.', 1)"] %}
        split_part(reverse(hosted.host), '.', 1) as backward_top,
        {%- for n in [2, 3] %}
            {%- do labels.append("split_part(reverse(hosted.host), '.', " ~ n ~ ")") %}
            reverse({{ labels | join(" || '.' || ") }}) as last_{{ n }}_labels
            {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from hosted
),

final as (
    select
        located.record_sk,
        located.crm,
        located.account_id,
        located.is_branch,
        case
            when
                free_mail.domain is null
                and page_hosts.host is null
                and coalesce(own.host, sites.host, subsites.host) is null
                and coalesce(tops.domain, reserved.domain) is null
                and {{ matches('located.host', '[^ ,;@]+[.][^ ,;@.]+') }}
                then located.host
        end as domain_key,
        -- Many people of a country have the same name.
        case when not located.is_person then names.company_key || ', ' || located.country_iso2 end
            as name_key,
        names.company_key,
        located.phone_e164,
        located.street,
        located.city,
        located.postal_code
    from located
    left join company_names as names
        on located.account_name = names.company_name
    left join free_mail_domains as free_mail on located.host = free_mail.domain
    left join page_hosts on located.host = page_hosts.host
    left join shared_hosts as own on located.host = own.host
    left join shared_hosts as sites
        on located.last_2_labels = sites.host and sites.is_shared_below
    left join shared_hosts as subsites
        on located.last_3_labels = subsites.host and subsites.is_shared_below
    left join reserved_domains as tops on reverse(located.backward_top) = tops.domain
    left join reserved_domains as reserved on located.last_2_labels = reserved.domain
)

select * from final
