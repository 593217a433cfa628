-- One row per record that is taken for the same company or person as another, with the one of them
-- that should remain.
with pairs as {{ inlined() }} (
    select * from {{ ref('int_identity__pairs') }}
),

identity_own_values as (
    select * from {{ ref('int_identity__own_values') }}
),

survivors as (
    select * from {{ ref('int_identity__survivors') }}
),

sides as (
    select
        record_sk_a as record_sk,
        match_rule,
        score
    from pairs

    union all

    select
        record_sk_b as record_sk,
        match_rule,
        score
    from pairs
),

-- A list of distinct texts is no one function on all engines.
rules as (
    select
        record_sk,
        match_rule,
        max(score) as score
    from sides
    group by record_sk, match_rule
),

matches as (
    select
        record_sk,
        {{ sorted_list('match_rule') }} as matched_by,
        max(score) as best_score
    from rules
    group by record_sk
),

own_values as (
    select
        record_sk,
        count(*) as n_own_values
    from identity_own_values
    group by record_sk
),

final as (
    select
        survivors.record_sk,
        survivors.record_key,
        survivors.crm,
        survivors.object_type,
        survivors.record_id,
        survivors.cluster_sk,
        survivors.survivor_record_sk,
        survivors.survivor_record_key,
        survivors.is_survivor,
        matches.matched_by,
        matches.best_score,
        survivors.is_deterministic,
        cast(coalesce(own_values.n_own_values, 0) as {{ dbt.type_bigint() }}) as n_own_values
    from survivors
    inner join matches on survivors.record_sk = matches.record_sk
    left join own_values on survivors.record_sk = own_values.record_sk
)

select * from final
