{%- set text = dbt.type_string() -%}
with candidates as (
    select * from {{ ref('int_lifecycle__candidates') }}

    union all

    select
        record_key,
        crm,
        object_type,
        record_id,
        decision,
        rule_id,
        cast(null as {{ dbt.type_timestamp() }}) as first_candidate_at,
        cast(null as {{ dbt.type_timestamp() }}) as rule_since,
        cast(null as {{ dbt.type_timestamp() }}) as review_due_at
    from {{ ref('lifecycle_decisions') }}
    where rule_id = 'rescued'
),

reviews as (
    select * from {{ ref('int_lifecycle__reviews') }}
),

rescues as (
    select
        record_key,
        max(reviewed_at) as rescued_at
    from reviews
    where decision = 'rescue'
    group by record_key
),

-- An approval is of what stood there when it was given: this decision by this rule, not rescued
-- since. To approve of a record in quarantine is to archive it.
approvals as (
    select distinct
        candidates.record_key,
        reviews.role
    from candidates
    inner join reviews
        on
            candidates.record_key = reviews.record_key
            and candidates.rule_since <= reviews.reviewed_at
            and (
                candidates.decision = coalesce(reviews.for_decision, candidates.decision)
                or (candidates.decision = 'quarantine' and reviews.for_decision = 'archive')
            )
    left join rescues on candidates.record_key = rescues.record_key
    where
        reviews.decision = 'approve'
        and (rescues.rescued_at is null or rescues.rescued_at < reviews.reviewed_at)
),

needed as (
    select distinct
        candidates.record_key,
        policy.role
    from candidates
    inner join {{ ref('approval_policy') }} as policy
        on
            candidates.decision = policy.decision
            and policy.rule_id in ('*', candidates.rule_id)
),

policies as (
    select
        needed.record_key,
        {{ sorted_list('needed.role') }} as roles_needed,
        nullif(
            {{ sorted_list('case when approvals.role is null then needed.role end') }}, ''
        ) as roles_missing
    from needed
    left join approvals
        on needed.record_key = approvals.record_key and needed.role = approvals.role
    group by needed.record_key
),

approved_records as (
    select distinct record_key from approvals
),

judged as (
    select
        candidates.*,
        policies.roles_needed,
        policies.roles_missing,
        reviews.reviewed_at as last_reviewed_at,
        reviews.reviewer as last_reviewer,
        reviews.role as last_reviewer_role,
        case
            when candidates.rule_id = 'rescued' then 'rescued'
            when approved_records.record_key is not null and policies.roles_missing is null
                then 'approved'
            when candidates.review_due_at > {{ as_of() }} then 'open'
            when candidates.decision = 'archive' and policies.roles_missing is null then 'approved'
            when candidates.decision in ('quarantine', 'delete') then 'expired_to_archive'
            else 'open'
        end as review_state,
        case when candidates.rule_id = 'rescued' then reviews.reason end as rescue_reason
    from candidates
    left join policies on candidates.record_key = policies.record_key
    left join approved_records on candidates.record_key = approved_records.record_key
    left join reviews on candidates.record_key = reviews.record_key and reviews.is_latest
),

final as (
    select
        {%- for column in [
            'record_key', 'crm', 'object_type', 'record_id', 'decision', 'rule_id',
        ] %}
            cast({{ column }} as {{ text }}) as {{ column }},
        {%- endfor %}
        first_candidate_at,
        review_due_at,
        cast(review_state as {{ text }}) as review_state,
        cast(
            case
                when review_state = 'expired_to_archive' then 'archive'
                when review_state = 'approved' and decision = 'quarantine' then 'archive'
                when review_state = 'approved' then decision
            end as {{ text }}
        ) as cleared_for,
        {%- for column in ['roles_needed', 'roles_missing'] %}
            cast({{ column }} as {{ text }}) as {{ column }},
        {%- endfor %}
        last_reviewed_at,
        cast(last_reviewer as {{ text }}) as last_reviewer,
        cast(last_reviewer_role as {{ text }}) as last_reviewer_role,
        cast(rescue_reason as {{ text }}) as rescue_reason
    from judged
)

select * from final
