{#- Each round carries the lowest record_sk over two more keys. That these suffice is tested
    (accounts_that_share_a_key_are_in_one_cluster); where that fails, raise their number. -#}
{%- set rounds = 8 -%}
{%- set text_columns = [
    'account_name', 'domain', 'phone', 'country', 'industry', 'segment', 'lifecycle_stage',
] -%}
{%- set flags = ['is_customer', 'is_partner', 'is_strategic'] -%}
with counted as (
    select
        record_sk,
        domain_sk,
        name_sk,
        domain_sk is not null and count(*) over (partition by domain_sk) > 1 as shares_domain,
        name_sk is not null and count(*) over (partition by name_sk) > 1 as shares_name
    from {{ ref('int_identity__account_keys') }}
),

-- A key that no other account has is as none: a group of its own, apart from all keys.
label_0 as (
    select
        record_sk,
        shares_domain,
        shares_name,
        case when shares_domain then domain_sk else -record_sk end as domain_sk,
        case when shares_name then name_sk else -record_sk end as name_sk,
        record_sk as label
    from counted
    where shares_domain or shares_name
),

{% for round in range(rounds) %}
    label_{{ 2 * round + 1 }} as (
        select
            record_sk,
            shares_domain,
            shares_name,
            domain_sk,
            name_sk,
            min(label) over (partition by domain_sk) as label
        from label_{{ 2 * round }}
    ),

    label_{{ 2 * round + 2 }} as (
        select
            record_sk,
            shares_domain,
            shares_name,
            domain_sk,
            name_sk,
            min(label) over (partition by name_sk) as label
        from label_{{ 2 * round + 1 }}
    ),

{% endfor -%}

won as (
    select
        crm,
        account_id,
        sum(amount) as won_amount
    from {{ ref('int_crm__records') }}
    where object_type = 'opportunity' and is_live and stage_kind = 'won'
    group by crm, account_id
),

facts as (
    select
        clustered.record_sk,
        clustered.label as cluster_sk,
        clustered.shares_domain,
        clustered.shares_name,
        records.record_id,
        records.created_at,
        records.last_activity_at,
        coalesce(won.won_amount, 0) as won_amount,
        {%- for column in text_columns %}
            case when {{ is_blank('accounts.' ~ column) }} then 0 else 1 end +
        {%- endfor %}
        {%- for column in flags %}
            case when accounts.{{ column }} is null then 0 else 1 end +
        {%- endfor %}
        case when records.owner_id is null then 0 else 1 end as n_filled
    from label_{{ 2 * rounds }} as clustered
    inner join {{ ref('int_crm__records') }} as records
        on clustered.record_sk = records.record_sk
    inner join {{ ref('stg_crm__accounts') }} as accounts
        on records.record_key = accounts.record_key
    left join won on records.crm = won.crm and records.record_id = won.account_id
),

ranked as (
    select
        *,
        first_value(record_sk) over (
            partition by cluster_sk
            order by
                won_amount desc,
                last_activity_at desc nulls last,
                n_filled desc,
                created_at asc,
                record_id asc
        ) as survivor_record_sk
    from facts
),

final as (
    select
        record_sk,
        cluster_sk,
        survivor_record_sk,
        record_sk = survivor_record_sk as is_survivor,
        case
            when shares_domain and shares_name then 'domain and name'
            when shares_domain then 'domain'
            else 'name'
        end as matched_by
    from ranked
)

select * from final
