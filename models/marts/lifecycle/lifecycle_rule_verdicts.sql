-- One row per live record and rule that judges its object: how the rule judges it. The rules of
-- decisions that could not be taken judge nothing by themselves: one stands where it decided.
{{ config(materialized='view') }}
{%- set text = dbt.type_string() %}

with records as (
    select * from {{ ref('int_lifecycle__deciding_rules') }}
),

rules as (
    select * from {{ ref('lifecycle_rules') }}
),

judged as (
    select
        records.record_key,
        records.crm,
        records.object_type,
        records.record_id,
        rules.rule_id,
        rules.precedence,
        rules.decision,
        rules.rule_id = records.rule_id as is_deciding,
        case rules.rule_id
            {%- for rule, decision in lifecycle_rules() %}
                when '{{ rule }}' then records.{{ rule }}
            {%- endfor %}
            else true
        end as holds
    from records
    inner join rules
        on
            ' ' || rules.object_types || ' ' like '% ' || records.object_type || ' %'
            and (
                rules.rule_id not in ('cannot_be_told', 'input_missing', 'blocked_by_dependant')
                or records.rule_id = rules.rule_id
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
        is_deciding
    from judged
)

select * from final
