-- One row per record that another stands for.
with identity_own_values as (
    select * from {{ ref('int_identity__own_values') }}
),

clusters as (
    select * from {{ ref('int_identity__clusters') }}
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
        own_values.own_values
    from clusters
    left join own_values on clusters.record_sk = own_values.record_sk
    where not clusters.is_survivor
)

select * from final
