-- One row per candidate and rescued record: where its review stands, and what may be carried out.
-- Since when it is a candidate only the log of decisions knows.
{%- set text = dbt.type_string() -%}
{%- set local_time = business_time('instants.first_candidate_at') %}

with decisions as (
    select
        record_key,
        crm,
        object_type,
        record_id,
        decision,
        rule_id
    from {{ ref('int_lifecycle__decisions') }}
    where
        decision in ('archive', 'anonymize', 'delete', 'quarantine')
        or rule_id = 'rescued'
),

log as (
    select * from {{ ref('lifecycle_decision_log') }}
    where decided_at <= {{ as_of() }}
),

business_days as (
    select * from {{ ref('int_calendar__days') }}
),

approvals as (
    select * from {{ ref('int_lifecycle__approvals') }}
),

reviews as (
    select * from {{ ref('int_lifecycle__reviews') }}
    where is_latest
),

logged as (
    select
        log.record_key,
        log.decision,
        log.rule_id,
        log.decision_since,
        log.rule_since,
        row_number() over (
            partition by log.record_key order by log.decided_at desc, log.logged_at desc
        ) as place
    from log
    inner join decisions on log.record_key = decisions.record_key
),

candidates as (
    select
        decisions.*,
        case
            when decisions.rule_id = 'rescued' then null
            when decisions.decision = logged.decision then logged.decision_since
            else {{ as_of() }}
        end as first_candidate_at,
        case
            when decisions.decision = logged.decision and decisions.rule_id = logged.rule_id
                then logged.rule_since
            else {{ as_of() }}
        end as rule_since
    from decisions
    left join logged on decisions.record_key = logged.record_key and logged.place = 1
),

-- Candidates are many and their first instants few.
instants as (
    select distinct first_candidate_at from candidates
),

windows as (
    select
        instants.first_candidate_at,
        {{ business_instant(
            later(local_time, 86400, '(due_days.day_number - first_days.day_number)')
        ) }} as review_due_at
    from instants
    inner join business_days as first_days
        on cast({{ local_time }} as date) = first_days.calendar_day
    inner join business_days as due_days
        on
            first_days.n_business_days
            + cast({{ threshold('review_window__business_days') }} as integer)
            = due_days.n_business_days
            and due_days.is_business_day
),

-- An approval is of what stood there when it was given: this decision by this rule.
roles as (
    select
        candidates.record_key,
        nullif(
            {{ sorted_list('case when approvals.is_needed then approvals.role end') }}, ''
        ) as roles_needed,
        nullif(
            {{ sorted_list(
                'case when approvals.is_needed and not coalesce('
                ~ 'approvals.approved_at >= candidates.rule_since, false) then approvals.role end'
            ) }}, ''
        ) as roles_missing,
        max(
            case when approvals.approved_at >= candidates.rule_since then 1 else 0 end
        ) = 1 as is_approved
    from candidates
    inner join approvals on candidates.record_key = approvals.record_key
    group by candidates.record_key
),

judged as (
    select
        candidates.*,
        windows.review_due_at,
        roles.roles_needed,
        roles.roles_missing,
        reviews.reviewed_at,
        reviews.reviewer,
        reviews.role,
        reviews.reason,
        case
            when candidates.rule_id = 'rescued' then 'rescued'
            when roles.is_approved and roles.roles_missing is null then 'approved'
            when windows.review_due_at > {{ as_of() }} then 'open'
            when candidates.decision = 'archive' and roles.roles_missing is null then 'approved'
            when candidates.decision in ('quarantine', 'delete') then 'expired_to_archive'
            else 'open'
        end as review_state
    from candidates
    left join windows on candidates.first_candidate_at = windows.first_candidate_at
    left join roles on candidates.record_key = roles.record_key
    left join reviews on candidates.record_key = reviews.record_key
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
        cast(roles_needed as {{ text }}) as roles_needed,
        cast(roles_missing as {{ text }}) as roles_missing,
        reviewed_at as last_reviewed_at,
        cast(reviewer as {{ text }}) as last_reviewer,
        cast(role as {{ text }}) as last_reviewer_role,
        cast(case when rule_id = 'rescued' then reason end as {{ text }}) as rescue_reason
    from judged
)

select * from final
