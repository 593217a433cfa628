-- One row per survivor and field that any record of its cluster fills: the value to keep.
{#- How each field's value is chosen among the records of a cluster; all others: the survivor's,
    else the most recent. The parts of an address are chosen together. -#}
{%- set most_recent = [
    'email', 'phone', 'mobile_phone', 'title', 'street', 'city', 'postal_code', 'country',
] -%}
{%- set any_true = [
    'do_not_contact', 'is_on_legal_hold', 'is_customer', 'is_partner', 'is_strategic',
] %}

with bounces as (
    select record_sk
    from {{ ref('int_identity__values') }}
    where field = 'is_hard_bounced'
),

clusters as (
    select * from {{ ref('int_identity__clusters') }}
),

identity_values as (
    select * from {{ ref('int_identity__values') }}
),

members as (
    select
        clusters.survivor_record_sk,
        clusters.survivor_record_key,
        clusters.record_key,
        clusters.is_survivor,
        own.record_sk,
        own.field,
        own.value,
        own.compared_value,
        own.valued_at,
        case
            when own.field = 'consent_status' then 'opt-out, else earliest consent'
            when own.field in ('{{ most_recent | join("', '") }}') then 'most recent'
            when own.field in ('{{ any_true | join("', '") }}') then 'any'
            else 'survivor'
        end as golden_rule,
        case
            when own.field in ('street', 'city', 'postal_code', 'country') then 'address'
            else own.field
        end as field_group
    from clusters
    inner join identity_values as own on clusters.record_sk = own.record_sk
    -- A bounce is a fact of its address, not of the person.
    where own.field <> 'is_hard_bounced'
),

grouped as (
    select
        survivor_record_sk,
        record_sk,
        field_group,
        golden_rule,
        is_survivor,
        max(case when field = 'street' then 1 else 0 end) as has_street,
        max(
            case when field = 'consent_status' and compared_value <> 'opted_in' then 1 else 0 end
        ) as is_opt_out,
        max(valued_at) as valued_at
    from members
    group by survivor_record_sk, record_sk, field_group, golden_rule, is_survivor
),

ranked as (
    select
        grouped.survivor_record_sk,
        grouped.record_sk,
        grouped.field_group,
        row_number() over (
            partition by grouped.survivor_record_sk, grouped.field_group
            order by
                grouped.is_opt_out desc,
                case
                    when grouped.field_group = 'email' and bounces.record_sk is not null then 1
                    else 0
                end asc,
                grouped.has_street desc,
                case when grouped.golden_rule = 'survivor' and grouped.is_survivor then 0 else 1 end
                asc,
                case
                    when grouped.golden_rule in ('opt-out, else earliest consent', 'any')
                        then grouped.valued_at
                end asc,
                grouped.valued_at desc,
                grouped.record_sk asc
        ) as place
    from grouped
    left join bounces on grouped.record_sk = bounces.record_sk
),

final as (
    select
        members.survivor_record_key,
        members.field,
        members.value,
        members.record_key as source_record_key,
        members.valued_at,
        members.golden_rule
    from members
    inner join ranked
        on
            members.survivor_record_sk = ranked.survivor_record_sk
            and members.record_sk = ranked.record_sk
            and members.field_group = ranked.field_group
    where ranked.place = 1
)

select * from final
