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

own_values as (
    select
        record_sk,
        {{ sorted_list('own_value') }} as own_values
    from identity_own_values
    group by record_sk
),

final as (
    select
        clusters.record_key,
        clusters.crm,
        clusters.object_type,
        clusters.record_id,
        clusters.survivor_record_key,
        clusters.matched_by,
        clusters.is_deterministic,
        clusters.best_score,
        clusters.n_own_values,
        own_values.own_values,
        records.created_at,
        creations.created_by,
        creations.actor_kind as created_by_kind,
        creations.channel as created_channel
    from clusters
    inner join records on clusters.record_sk = records.record_sk
    left join creations on clusters.record_sk = creations.record_sk
    left join own_values on clusters.record_sk = own_values.record_sk
    where not clusters.is_survivor
)

select * from final
