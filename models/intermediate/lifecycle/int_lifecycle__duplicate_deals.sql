-- One row per live deal that another one stands for: the same account, amount, month of the close
-- and type, and a name that is alike. The won one stands for an open one, that for a lost one.
{%- set number = 'decimal(9, 6)' -%}
{%- set digits = replace_all('opportunities.opportunity_name', '[^0-9]', '') %}

with records as (
    select * from {{ ref('int_crm__records') }}
),

opportunities as (
    select * from {{ ref('stg_crm__opportunities') }}
),

engagements as (
    select * from {{ ref('int_lifecycle__engagements') }}
),

linked as (
    select * from {{ ref('int_lifecycle__linked') }}
),

deals as (
    select
        records.record_sk,
        records.record_key,
        records.crm,
        {{ strip('records.account_id') }} as account_id,
        records.amount,
        coalesce(records.currency, '') as currency,
        {{ dbt.date_trunc('month', 'records.close_date') }} as close_month,
        coalesce(opportunities.opportunity_type, '') as deal_type,
        {{ compared_text('opportunities.opportunity_name') }} as compared_name,
        -- Order 17 and order 18 are two.
        coalesce({{ digits }}, '') as digits,
        case records.stage_kind when 'won' then 0 when 'open' then 2 when 'lost' then 3 else 1 end
            as kind_place,
        records.created_at,
        records.record_id
    from records
    inner join opportunities on records.record_key = opportunities.record_key
    where
        records.object_type = 'opportunity'
        and records.is_live
        and records.account_id is not null
        and records.amount <> 0
        and records.close_date is not null
        and opportunities.opportunity_name is not null
),

placed as (
    select
        *,
        row_number() over (
            partition by account_id, amount, close_month, currency, deal_type, digits, crm
            order by kind_place, created_at, record_id
        ) as place
    from deals
),

alike as (
    select
        placed.record_sk,
        placed.record_key,
        placed.crm,
        placed.record_id,
        firsts.record_sk as survivor_record_sk,
        firsts.record_key as survivor_record_key,
        firsts.place,
        cast({{ jaro_winkler('placed.compared_name', 'firsts.compared_name') }} as {{ number }})
            as similarity
    from placed
    inner join placed as firsts
        on
            placed.account_id = firsts.account_id
            and placed.amount = firsts.amount
            and placed.close_month = firsts.close_month
            and placed.currency = firsts.currency
            and placed.deal_type = firsts.deal_type
            and placed.digits = firsts.digits
            and placed.crm = firsts.crm
            and placed.place > firsts.place
),

ranked as (
    select
        *,
        row_number() over (partition by record_sk order by place) as survivor_place
    from alike
    where similarity >= {{ threshold('identity__deal_name') }}
),

final as (
    select
        ranked.record_sk,
        ranked.record_key,
        ranked.crm,
        ranked.record_id,
        ranked.survivor_record_sk,
        ranked.survivor_record_key,
        least(ranked.similarity, cast({{ threshold('identity__likely_score') }} as {{ number }}))
            as score,
        case when coalesce(engagements.n_activities, 0) > 0 then 1 else 0 end
        + case when coalesce(linked.n_contacts, 0) > 0 then 1 else 0 end as n_own_values,
        nullif(
            case when coalesce(engagements.n_activities, 0) > 0 then 'activities' else '' end
            || case
                when
                    coalesce(engagements.n_activities, 0) > 0
                    and coalesce(linked.n_contacts, 0) > 0
                    then ', '
                else ''
            end
            || case when coalesce(linked.n_contacts, 0) > 0 then 'contact roles' else '' end,
            ''
        ) as own_values
    from ranked
    left join engagements on ranked.record_sk = engagements.record_sk
    left join linked on ranked.record_sk = linked.record_sk
    where ranked.survivor_place = 1
)

select * from final
