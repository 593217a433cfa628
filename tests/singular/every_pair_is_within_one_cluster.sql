-- Else int_identity__components needs more rounds. One row per pair that is torn apart.
with final as (
    select
        pairs.record_sk_a,
        pairs.record_sk_b,
        pairs.match_rule
    from {{ ref('int_identity__pairs') }} as pairs
    left join {{ ref('int_identity__components') }} as a on pairs.record_sk_a = a.record_sk
    left join {{ ref('int_identity__components') }} as b on pairs.record_sk_b = b.record_sk
    where
        (a.cluster_sk is distinct from b.cluster_sk)
        or a.cluster_sk is null
        or (pairs.is_deterministic and (a.deterministic_sk is distinct from b.deterministic_sk))
)

select * from final
