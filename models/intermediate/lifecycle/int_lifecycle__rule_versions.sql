-- One row per lifecycle rule: its version, a hash that changes with the rule's row of the register,
-- with the policy, and with the SQL that judges records.
-- depends_on: {{ ref('int_lifecycle__verdicts') }}
{%- set judging = lifecycle_judging() %}

with rules as (
    select * from {{ ref('lifecycle_rules') }}
),

policy_rows as (
    {%- for seed in judging.seeds %}
        select '{{ seed.name }}:' || {{ row_hash(seed.columns) }} as row_hash
        from {{ seed.relation }}
        {%- if 'threshold_id' in seed.columns %}
            where threshold_id like 'lifecycle%'
        {%- endif %}

        union all

    {% endfor %}
    select 'sql:{{ judging.sql_hash }}' as row_hash
),

policy as (
    select {{ sorted_list('row_hash') }} as rows_hash
    from policy_rows
),

final as (
    select
        rules.rule_id,
        substring(
            {{ row_hash([
                'rules.rule_id', 'rules.precedence', 'rules.decision', 'rules.meaning',
                'rules.object_types', 'policy.rows_hash',
            ]) }},
            1,
            12
        ) as rule_version
    from rules
    cross join policy
)

select * from final
