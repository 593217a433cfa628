{{ config(materialized='view') }}
{%- set text = dbt.type_string() -%}
-- The rules of decisions that could not be taken judge nothing by themselves: one stands there only
-- where it decided.
with judged as (
    select
        verdicts.record_key,
        verdicts.crm,
        verdicts.object_type,
        verdicts.record_id,
        rules.rule_id,
        rules.precedence,
        rules.decision,
        decisions.rule_id as deciding_rule_id,
        case rules.rule_id
            {%- for rule, decision in lifecycle_rules() %}
                when '{{ rule }}' then verdicts.{{ rule }}
            {%- endfor %}
            else true
        end as holds
    from {{ ref('int_lifecycle__verdicts') }} as verdicts
    inner join {{ ref('lifecycle_decisions') }} as decisions
        on verdicts.record_key = decisions.record_key
    inner join {{ ref('lifecycle_rules') }} as rules
        on
            ' ' || rules.object_types || ' ' like '% ' || verdicts.object_type || ' %'
            and (
                rules.rule_id not in ('cannot_be_told', 'input_missing', 'blocked_by_dependant')
                or decisions.rule_id = rules.rule_id
            )
),

final as (
    select
        cast(record_key as {{ text }}) as record_key,
        cast(crm as {{ text }}) as crm,
        cast(object_type as {{ text }}) as object_type,
        cast(record_id as {{ text }}) as record_id,
        cast(rule_id as {{ text }}) as rule_id,
        precedence,
        cast(decision as {{ text }}) as decision,
        cast(
            case when holds is null then 'unknown' when holds then 'yes' else 'no' end as {{ text }}
        ) as verdict,
        rule_id = deciding_rule_id as is_deciding
    from judged
)

select * from final
