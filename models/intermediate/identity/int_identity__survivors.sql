-- One row per record of a cluster: which of the records should remain.
with won as (
    select
        crm,
        record_id as opportunity_id,
        account_id,
        amount,
        currency
    from {{ ref('int_crm__records') }}
    where object_type = 'opportunity' and is_live and stage_kind = 'won'
),

identity_components as (
    select * from {{ ref('int_identity__components') }}
),

records as (
    select * from {{ ref('int_crm__records') }}
),

opportunity_contacts as (
    select * from {{ ref('stg_crm__opportunity_contacts') }}
),

identity_values as (
    select * from {{ ref('int_identity__values') }}
),

components as (
    select
        components.record_sk,
        components.cluster_sk,
        components.deterministic_sk,
        records.record_key,
        records.crm,
        records.object_type,
        records.record_id,
        records.consent_status,
        records.created_at,
        records.last_activity_at
    from identity_components as components
    inner join records
        on components.record_sk = records.record_sk
),

revenues as (
    select
        crm,
        'account' as object_type,
        account_id as record_id,
        count(*) as n_won,
        sum(amount) as won_amount,
        min(case when amount is not null then coalesce(currency, '') end) as first_currency,
        max(case when amount is not null then coalesce(currency, '') end) as last_currency
    from won
    group by crm, account_id

    union all

    select
        won.crm,
        'contact' as object_type,
        roles.contact_id as record_id,
        count(*) as n_won,
        sum(won.amount) as won_amount,
        min(case when won.amount is not null then coalesce(won.currency, '') end)
            as first_currency,
        max(case when won.amount is not null then coalesce(won.currency, '') end) as last_currency
    from won
    inner join opportunity_contacts as roles
        on won.crm = roles.crm and won.opportunity_id = roles.opportunity_id
    group by won.crm, roles.contact_id
),

completeness as (
    select
        record_sk,
        count(*) as n_filled
    from identity_values
    group by record_sk
),

earned as (
    select
        components.*,
        coalesce(revenues.won_amount, 0) as won_amount,
        coalesce(revenues.n_won, 0) as n_won,
        -- Amounts of two currencies say nothing of each other.
        coalesce(
            min(revenues.first_currency) over (partition by components.cluster_sk)
            = max(revenues.last_currency) over (partition by components.cluster_sk),
            true
        ) as is_of_one_currency
    from components
    left join revenues
        on
            components.crm = revenues.crm
            and components.object_type = revenues.object_type
            and components.record_id = revenues.record_id
),

ranked as (
    select
        components.*,
        row_number() over (
            partition by components.cluster_sk
            order by
                case components.object_type when 'lead' then 1 else 0 end asc,
                case when components.is_of_one_currency then components.won_amount end
                desc nulls last,
                components.n_won desc,
                -- An opt-out says more than silence. It is never lost: own values count it, and
                -- it wins among the golden values.
                case components.consent_status
                    when 'opted_in' then 0
                    when 'opted_out' then 1
                    when 'unsubscribed' then 1
                    else 2
                end asc,
                components.last_activity_at desc nulls last,
                coalesce(completeness.n_filled, 0) desc,
                components.created_at asc,
                components.record_id asc
        ) as place
    from earned as components
    left join completeness on components.record_sk = completeness.record_sk
),

final as (
    select
        ranked.record_sk,
        ranked.record_key,
        ranked.crm,
        ranked.object_type,
        ranked.record_id,
        ranked.cluster_sk,
        survivors.record_sk as survivor_record_sk,
        survivors.record_key as survivor_record_key,
        ranked.place = 1 as is_survivor,
        ranked.deterministic_sk = survivors.deterministic_sk as is_deterministic
    from ranked
    inner join ranked as survivors
        on ranked.cluster_sk = survivors.cluster_sk and survivors.place = 1
)

select * from final
