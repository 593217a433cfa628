-- One row per candidate and role that has to approve what is decided of it, or that has approved it
-- and was not overruled by a rescue since. To approve of a record in quarantine is to archive it.
{{ config(materialized='view') }}

with candidates as (
    select
        record_key,
        decision,
        rule_id
    from {{ ref('int_lifecycle__decisions') }}
    where decision in ('archive', 'anonymize', 'delete', 'quarantine')
),

policy as (
    select * from {{ ref('approval_policy') }}
),

reviews as (
    select * from {{ ref('int_lifecycle__reviews') }}
),

needed as (
    select distinct
        candidates.record_key,
        policy.role
    from candidates
    inner join policy
        on
            candidates.decision = policy.decision
            and policy.rule_id in ('*', candidates.rule_id)
),

rescues as (
    select
        record_key,
        max(reviewed_at) as rescued_at
    from reviews
    where decision = 'rescue'
    group by record_key
),

given as (
    select
        candidates.record_key,
        reviews.role,
        max(reviews.reviewed_at) as approved_at
    from candidates
    inner join reviews
        on
            candidates.record_key = reviews.record_key
            and (
                candidates.decision = coalesce(reviews.for_decision, candidates.decision)
                or (candidates.decision = 'quarantine' and reviews.for_decision = 'archive')
            )
    left join rescues on candidates.record_key = rescues.record_key
    where
        reviews.decision = 'approve'
        and (rescues.rescued_at is null or rescues.rescued_at < reviews.reviewed_at)
    group by candidates.record_key, reviews.role
),

final as (
    select
        coalesce(needed.record_key, given.record_key) as record_key,
        coalesce(needed.role, given.role) as role,
        needed.record_key is not null as is_needed,
        given.approved_at
    from needed
    full outer join given on needed.record_key = given.record_key and needed.role = given.role
)

select * from final
