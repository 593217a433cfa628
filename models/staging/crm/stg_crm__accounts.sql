-- One row per account created by as_of, deleted and merged ones included.
with countries as (
    select * from {{ ref('countries') }}
),

landed as (
    {{ crm_union('accounts', [
        'account_id', 'created_at', 'has_creation_date', 'account_name', 'parent_account_id',
        'is_person', 'domain', 'phone', 'street', 'city', 'postal_code', 'country', 'region',
        'industry', 'segment', 'owner_id', 'lifecycle_stage', 'is_customer', 'is_partner',
        'is_strategic', 'is_on_legal_hold', 'updated_at', 'last_activity_date',
        'is_flagged_deleted', 'deleted_at', 'merged_into_id',
    ]) }}
),

final as (
    select
        {{ record_key('landed.crm', "'account'", 'landed.account_id') }} as record_key,
        landed.crm,
        landed.account_id,
        landed.created_at,
        landed.has_creation_date,
        landed.account_name,
        {{ strip('landed.parent_account_id') }} as parent_account_id,
        coalesce(landed.is_person, false) as is_person,
        landed.domain,
        landed.phone,
        {{ e164_phone('landed.phone', 'countries.calling_code', 'countries.trunk_prefix') }}
            as phone_e164,
        landed.street,
        landed.city,
        landed.postal_code,
        landed.country,
        countries.iso2 as country_iso2,
        coalesce(landed.region, countries.region) as region,
        landed.industry,
        landed.segment,
        landed.owner_id,
        landed.lifecycle_stage,
        landed.is_customer,
        landed.is_partner,
        landed.is_strategic,
        landed.is_on_legal_hold,
        landed.updated_at,
        landed.last_activity_date,
        {{ deleted_and_merged_columns() }}
    from landed
    left join countries
        on lower({{ strip('landed.country') }}) = countries.spelling
    where landed.created_at <= {{ as_of() }}
)

select * from final
