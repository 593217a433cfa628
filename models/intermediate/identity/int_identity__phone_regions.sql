-- One row per CRM with a country of its own: how numbers are written there.
with default_countries as (
    select * from {{ ref('default_countries') }}
),

countries as (
    select * from {{ ref('countries') }}
),

crms as (
    select crm from {{ text_rows(['crm'], crm_sources()) }}
),

chosen as (
    select
        crms.crm,
        -- A CRM's own row comes before that of all.
        coalesce(
            max(case when defaults.crm = crms.crm then defaults.country end),
            max(defaults.country)
        ) as country
    from crms
    inner join default_countries as defaults on defaults.crm in ('*', crms.crm)
    group by crms.crm
),

final as (
    select
        chosen.crm,
        countries.calling_code,
        countries.trunk_prefix
    from chosen
    inner join countries on lower({{ strip('chosen.country') }}) = countries.spelling
)

select * from final
