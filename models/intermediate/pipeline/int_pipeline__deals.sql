-- One row per deal: what a forecast tells deals apart by and no history tells. Renewals are a
-- pipeline of their own.
with records as (
    select * from {{ ref('int_crm__records') }}
),

opportunities as (
    select * from {{ ref('stg_crm__opportunities') }}
),

renewal_types as (
    select * from {{ ref('customer_deal_types') }}
    where is_renewal
),

renewals as (
    select distinct opportunities.record_key
    from opportunities
    inner join renewal_types
        on {{ matches_pattern('lower(opportunities.opportunity_type)', 'renewal_types.pattern') }}
),

final as (
    select
        records.record_sk,
        records.record_key,
        records.crm,
        records.record_id,
        coalesce(records.pipeline, '')
        || case when renewals.record_key is null then '' else ' (renewals)' end as pipeline,
        coalesce(records.segment, '') as segment,
        coalesce(upper({{ strip('opportunities.currency') }}), '') as currency,
        records.account_id,
        records.created_at,
        records.is_live
    from records
    inner join opportunities on records.record_key = opportunities.record_key
    left join renewals on records.record_key = renewals.record_key
    where records.object_type = 'opportunity'
)

select * from final
