-- What becomes of one record and why, in one row: the decision, how each rule judged, what stopped
-- it, and how far its review is. `make trace RECORD=...` prints it below the story; by hand:
-- dbt show --select record_decision --limit -1 --vars 'record_key: "salesforce:opportunity:006..."'
{%- set record_key = var('record_key', 'crm:object_type:record_id') %}

with decisions as (
    select * from {{ ref('lifecycle_decisions') }}
    where record_key = {{ text_literal(record_key) }}
),

verdicts as (
    select * from {{ ref('lifecycle_rule_verdicts') }}
    where record_key = {{ text_literal(record_key) }}
),

reviews as (
    select * from {{ ref('candidate_reviews') }}
    where record_key = {{ text_literal(record_key) }}
),

rules as (
    select
        {%- for verdict, name in [('yes', 'held'), ('no', 'not_held'), ('unknown', 'not_told')] %}
            {{ dbt.listagg(
                "case when verdict = '" ~ verdict ~ "' then rule_id end", "', '",
                'order by precedence'
            ) }} as rules_{{ name }},
        {%- endfor %}
        record_key
    from verdicts
    group by record_key
),

final as (
    select
        decisions.as_of as decided_at,
        decisions.decision,
        decisions.rule_id,
        decisions.reason,
        rules.rules_held,
        rules.rules_not_held,
        rules.rules_not_told,
        decisions.blocked_by,
        decisions.missing_inputs,
        reviews.review_state,
        reviews.review_due_at,
        reviews.roles_missing,
        reviews.cleared_for
    from decisions
    inner join rules on decisions.record_key = rules.record_key
    left join reviews on decisions.record_key = reviews.record_key
)

select * from final
