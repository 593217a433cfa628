-- One row per record that another stands for.
with identity_own_values as (
    select * from {{ ref('int_identity__own_values') }}
),

clusters as (
    select * from {{ ref('int_identity__clusters') }}
),

records as (
    select
        record_sk,
        created_at
    from {{ ref('int_crm__records') }}
),

creations as (
    select * from {{ ref('stg_crm__creations') }}
),

duplicate_deals as (
    select * from {{ ref('int_lifecycle__duplicate_deals') }}
),

own_values as (
    select
        record_sk,
        {{ sorted_list('own_value') }} as own_values
    from identity_own_values
    group by record_sk
),

found as (
    select
        clusters.record_sk,
        clusters.record_key,
        clusters.crm,
        clusters.object_type,
        clusters.record_id,
        clusters.survivor_record_key,
        clusters.matched_by,
        clusters.is_deterministic,
        clusters.best_score,
        clusters.n_own_values,
        own_values.own_values
    from clusters
    left join own_values on clusters.record_sk = own_values.record_sk
    where not clusters.is_survivor

    union all

    select
        record_sk,
        record_key,
        crm,
        'opportunity' as object_type,
        record_id,
        survivor_record_key,
        'account_amount_month_and_name' as matched_by,
        false as is_deterministic,
        score as best_score,
        cast(n_own_values as {{ dbt.type_bigint() }}) as n_own_values,
        own_values
    from duplicate_deals
),

final as (
    select
        found.record_key,
        found.crm,
        found.object_type,
        found.record_id,
        found.survivor_record_key,
        found.matched_by,
        found.is_deterministic,
        found.best_score,
        found.n_own_values,
        found.own_values,
        records.created_at,
        creations.created_by,
        creations.actor_kind as created_by_kind,
        creations.channel as created_channel
    from found
    inner join records on found.record_sk = records.record_sk
    left join creations on found.record_sk = creations.record_sk
)

select * from final
