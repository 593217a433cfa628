-- One row per CRM, object type, dimension and part of it: how many live records nobody has touched
-- for long, and what deals are tied to them.
{#- What records are told apart by, the objects that have it, and the object whose input tells. -#}
{%- set dimensions = [
    ('all', 'account', 'account', 'records'), ('all', 'contact', 'contact', 'records'),
    ('all', 'lead', 'lead', 'records'), ('all', 'opportunity', 'opportunity', 'records'),
    ('all', 'case', 'case', 'records'), ('owner', 'account', 'account', 'owner_id'),
    ('owner', 'contact', 'contact', 'owner_id'), ('owner', 'lead', 'lead', 'owner_id'),
    ('owner', 'opportunity', 'opportunity', 'owner_id'), ('owner', 'case', 'case', 'owner_id'),
    ('segment', 'account', 'account', 'segment'), ('segment', 'contact', 'account', 'segment'),
    ('segment', 'lead', 'lead', 'segment'), ('segment', 'case', 'account', 'segment'),
    ('segment', 'opportunity', 'opportunity', 'segment'),
    ('lead_source', 'contact', 'contact', 'lead_source'),
    ('lead_source', 'lead', 'lead', 'lead_source'),
    ('lead_source', 'opportunity', 'opportunity', 'lead_source'),
] %}
with records as (
    select * from {{ ref('int_crm__records') }}
    where is_live
),

facts as (
    select
        record_sk,
        segment,
        lacks_lead_source
    from {{ ref('int_health__record_facts') }}
),

opportunities as (
    select
        record_key,
        upper({{ strip('currency') }}) as currency
    from {{ ref('stg_crm__opportunities') }}
),

contact_roles as (
    select * from {{ ref('stg_crm__opportunity_contacts') }}
),

inputs as (
    select * from {{ ref('int_crm__inputs') }}
),

dimensions as (
    select
        dimension,
        object_type,
        told_by,
        input
    from {{ text_rows(['dimension', 'object_type', 'told_by', 'input'], dimensions) }}
),

active as (
    select
        crm,
        object_type
    from inputs
    where input = 'activities'
),

of_deals as (
    select
        crm,
        max(case when input = 'amount' then 1 else 0 end) as has_amount,
        max(case when input = 'contact_roles' then 1 else 0 end) as has_roles
    from inputs
    where object_type = 'opportunity'
    group by crm
),

-- Every dimension of an object with records is spoken of. Where no activities are landed, nobody
-- knows what has been touched.
populations as (
    select
        landed.crm,
        landed.object_type,
        dimensions.dimension,
        told.input is not null and active.crm is not null as is_landed,
        coalesce(of_deals.has_amount, 0) = 1
        and (
            landed.object_type in ('account', 'opportunity')
            or (landed.object_type = 'contact' and of_deals.has_roles = 1)
        ) as has_value
    from inputs as landed
    inner join dimensions on landed.object_type = dimensions.object_type
    left join inputs as told
        on
            landed.crm = told.crm
            and dimensions.told_by = told.object_type
            and dimensions.input = told.input
    left join active
        on landed.crm = active.crm and landed.object_type = active.object_type
    left join of_deals on landed.crm = of_deals.crm
    where landed.input = 'records'
),

aged as (
    select
        records.record_sk,
        records.crm,
        records.object_type,
        records.record_id,
        {{ strip('records.owner_id') }} as owner_id,
        case when not coalesce(facts.lacks_lead_source, false) then records.lead_source end
            as lead_source,
        facts.segment,
        {{ last_touched_at('records') }} as last_touched_at
    from records
    inner join facts on records.record_sk = facts.record_sk
),

parts as (
    {%- for dimension, column in [
        ('all', "'all'"), ('owner', 'owner_id'), ('segment', 'segment'),
        ('lead_source', 'lead_source'),
    ] %}
        select
            record_sk,
            crm,
            object_type,
            record_id,
            '{{ dimension }}' as dimension,
            coalesce({{ column }}, 'unknown') as part,
            coalesce(last_touched_at <= {{ months_before_as_of(12) }}, false) as is_stale_12m,
            coalesce(last_touched_at <= {{ months_before_as_of(24) }}, false) as is_stale_24m
        from aged
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

counted as (
    select
        crm,
        object_type,
        dimension,
        part,
        count(*) as n_records,
        count(case when is_stale_12m then 1 end) as n_stale_12m,
        count(case when is_stale_24m then 1 end) as n_stale_24m
    from parts
    group by crm, object_type, dimension, part
),

deals as (
    select
        records.record_sk,
        records.crm,
        records.record_id,
        records.account_id,
        records.amount,
        coalesce(opportunities.currency, '') as currency
    from records
    inner join opportunities on records.record_key = opportunities.record_key
    where records.amount is not null
),

tied as (
    select
        crm,
        'opportunity' as object_type,
        record_id,
        record_sk as deal_sk,
        amount,
        currency
    from deals

    union

    select
        crm,
        'account' as object_type,
        account_id as record_id,
        record_sk as deal_sk,
        amount,
        currency
    from deals
    where account_id is not null

    union

    select
        deals.crm,
        'contact' as object_type,
        roles.contact_id as record_id,
        deals.record_sk as deal_sk,
        deals.amount,
        deals.currency
    from deals
    inner join contact_roles as roles
        on deals.crm = roles.crm and deals.record_id = roles.opportunity_id
),

-- A deal counts once for a part, however many of its records it is tied to.
deals_of_parts as (
    select distinct
        parts.crm,
        parts.object_type,
        parts.dimension,
        parts.part,
        tied.deal_sk,
        tied.amount,
        tied.currency
    from parts
    inner join tied
        on
            parts.crm = tied.crm
            and parts.object_type = tied.object_type
            and parts.record_id = tied.record_id
    where parts.is_stale_12m
),

valued as (
    select
        crm,
        object_type,
        dimension,
        part,
        case when min(currency) = max(currency) then sum(amount) end as stale_value,
        case when min(currency) = max(currency) then nullif(min(currency), '') end as currency
    from deals_of_parts
    group by crm, object_type, dimension, part
),

measured as (
    select distinct
        populations.crm,
        populations.object_type,
        populations.dimension,
        populations.is_landed,
        case when populations.is_landed then counted.part end as part,
        case when populations.is_landed then counted.n_records end as n_records,
        case when populations.is_landed then counted.n_stale_12m end as n_stale_12m,
        case when populations.is_landed then counted.n_stale_24m end as n_stale_24m,
        case
            when not (populations.is_landed and populations.has_value) then null
            when counted.part is null then null
            when valued.part is null then 0
            else valued.stale_value
        end as stale_value,
        case when populations.is_landed and populations.has_value then valued.currency end
            as currency
    from populations
    left join counted
        on
            populations.crm = counted.crm
            and populations.object_type = counted.object_type
            and populations.dimension = counted.dimension
    left join valued
        on
            counted.crm = valued.crm
            and counted.object_type = valued.object_type
            and counted.dimension = valued.dimension
            and counted.part = valued.part
),

final as (
    select
        crm,
        object_type,
        dimension,
        part,
        n_records,
        n_stale_12m,
        n_stale_24m,
        cast(n_stale_12m as {{ type_double() }}) / n_records as stale_share,
        stale_value,
        currency,
        case
            when n_stale_12m > 0
                then rank() over (
                    partition by crm, dimension
                    order by case when n_stale_12m is null then 1 else 0 end, n_stale_12m desc
                )
        end as stale_rank,
        case
            when not is_landed then 'not_landed'
            when n_records is null then 'no_records'
            else 'measured'
        end as status
    from measured
)

select * from final
