-- One row per account that is a duplicate and not its cluster's survivor.
{%- set text = dbt.type_string() %}
with clusters as (
    select * from {{ ref('int_identity__clusters') }}
),

account_keys as (
    select * from {{ ref('int_identity__account_keys') }}
),

records as {{ inlined() }} (
    select * from {{ ref('int_crm__records') }}
),

final as (
    select
        clusters.record_sk,
        cast(null as {{ text }}) as field,
        cast(null as {{ dbt.type_bigint() }}) as change_number,
        records.created_at as occurred_at,
        cast(null as {{ text }}) as part,
        'duplicate of ' || survivors.record_id || ', '
        || case
            when
                clusters.matched_by like '%domain%'
                and clusters.matched_by like '%name_and_country%'
                then 'same name and country, and the domain ' || keys.domain_key
            when clusters.matched_by like '%domain%' then 'same domain: ' || keys.domain_key
            when clusters.matched_by like '%name_and_country%'
                -- Not which: people may be accounts.
                then 'same name and country'
            when clusters.matched_by like '%phone_and_name%' then 'same phone and a similar name'
            else 'similar name and address'
        end as detail
    from clusters
    inner join account_keys as keys
        on clusters.record_sk = keys.record_sk
    inner join records on clusters.record_sk = records.record_sk
    inner join records as survivors
        on clusters.survivor_record_sk = survivors.record_sk
    where not clusters.is_survivor
)

select * from final
