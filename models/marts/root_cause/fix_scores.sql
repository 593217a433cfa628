-- One row per CRM, kind and rule: what to mend first?
{%- set text = dbt.type_string() -%}
{%- set bigint = dbt.type_bigint() %}
with scores as (
    select * from {{ ref('int_root_cause__fix_scores') }}
),

final as (
    select
        cast(crm as {{ text }}) as crm,
        cast(kind as {{ text }}) as kind,
        cast(rule_id as {{ text }}) as rule_id,
        cast(rule as {{ text }}) as rule,
        cast(owner_team as {{ text }}) as owner_team,
        cast(severity as {{ text }}) as severity,
        cast(impact as {{ bigint }}) as impact,
        cast(effort as {{ bigint }}) as effort,
        cast(risk as {{ bigint }}) as risk,
        cast(numerator as {{ bigint }}) as numerator,
        cast(denominator as {{ bigint }}) as denominator,
        cast(frequency as decimal(9, 6)) as frequency,
        cast(score as decimal(9, 6)) as score,
        cast(fix_rank as {{ bigint }}) as fix_rank,
        cast(status as {{ text }}) as status
    from scores
)

select * from final
