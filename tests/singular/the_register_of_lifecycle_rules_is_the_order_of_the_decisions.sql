-- The order and the decisions of the rules stand in the macro lifecycle_rules(), the register in a
-- seed that a RevOps lead reads. The three rules of decisions that could not be taken come last.
{%- set rows = [] -%}
{%- for rule, decision in lifecycle_rules() + [
    ('cannot_be_told', 'quarantine'), ('input_missing', 'quarantine'),
    ('blocked_by_dependant', 'quarantine'),
] -%}
    {%- do rows.append([loop.index | string, "'" ~ rule ~ "'", "'" ~ decision ~ "'"]) -%}
{%- endfor %}
with expected as (
    select
        place,
        rule_id,
        decision
    from {{ literal_rows(['place', 'rule_id', 'decision'], rows) }}
),

registered as (
    select
        row_number() over (order by precedence) as place,
        rule_id,
        decision
    from {{ ref('lifecycle_rules') }}
)

select
    expected.rule_id as expected_rule_id,
    expected.decision as expected_decision,
    registered.rule_id as registered_rule_id,
    registered.decision as registered_decision
from expected
full outer join registered on expected.place = registered.place
where
    expected.rule_id is distinct from registered.rule_id
    or expected.decision is distinct from registered.decision
