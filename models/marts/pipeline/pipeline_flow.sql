-- One row per CRM × pipeline × segment × currency × stage × week: how deals move through the stages.
{%- set text = dbt.type_string() %}
{%- set double = type_double() %}
with flow as (
    select * from {{ ref('int_pipeline__flow') }}
),

weeks as (
    select * from {{ ref('int_pipeline__weeks') }}
),

final as (
    select
        cast(flow.crm as {{ text }}) as crm,
        {%- for column in ['pipeline', 'segment', 'currency', 'stage'] %}
            cast(nullif(flow.{{ column }}, '') as {{ text }}) as {{ column }},
        {%- endfor %}
        cast(weeks.week_date as date) as week_date,
        {%- for count in ['entered', 'left_forward', 'left_backward', 'won', 'lost', 'open'] %}
            cast(flow.n_{{ count }} as {{ dbt.type_bigint() }}) as n_{{ count }},
        {%- endfor %}
        cast(flow.open_amount as {{ type_amount() }}) as open_amount,
        cast(
            cast(flow.n_left_forward + flow.n_won as {{ double }})
            / nullif(flow.n_left_forward + flow.n_left_backward + flow.n_won + flow.n_lost, 0)
            as {{ double }}
        ) as conversion_rate,
        cast(flow.velocity as {{ double }}) as velocity,
        {{ as_of() }} as as_of
    from flow
    inner join weeks on flow.week_number = weeks.week_number
)

select * from final
