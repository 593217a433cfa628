-- One row per CRM × flag × stage: how many deals flagged there were won, and of the others.
{%- set text = dbt.type_string() %}
{%- set double = type_double() %}
with lift as (
    select * from {{ ref('int_pipeline__risk_lift') }}
),

final as (
    select
        cast(crm as {{ text }}) as crm,
        cast(flag as {{ text }}) as flag,
        cast(stage as {{ text }}) as stage,
        {%- for group in ['flagged', 'unflagged', 'touched', 'untouched'] %}
            cast(n_{{ group }} as {{ dbt.type_bigint() }}) as n_{{ group }},
            cast(n_{{ group }}_won / cast(nullif(n_{{ group }}, 0) as {{ double }}) as {{ double }})
                as {{ group }}_win_rate,
            cast({{ wilson('n_' ~ group ~ '_won', 'n_' ~ group, -1) }} as {{ double }})
                as {{ group }}_low,
            cast({{ wilson('n_' ~ group ~ '_won', 'n_' ~ group, 1) }} as {{ double }})
                as {{ group }}_high,
        {%- endfor %}
        {{ as_of() }} as as_of
    from lift
)

select * from final
