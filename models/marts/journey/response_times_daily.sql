-- One row per CRM × team × first owner × source × hours class × segment × day of entry (or all of
-- them): how fast journeys were answered.
{%- set text = dbt.type_string() -%}
{%- set seconds = 'decimal(28, 6)' -%}
{%- set bigint = dbt.type_bigint() %}

with days as (
    select * from {{ ref('int_journey__response_days') }}
),

final as (
    select
        {%- for dimension in [
            'crm', 'owner_team', 'first_owner_id', 'lead_source', 'hours_class', 'segment',
        ] %}
            cast({{ dimension }} as {{ text }}) as {{ dimension }},
        {%- endfor %}
        entry_date,
        {%- for what in ['journeys', 'left_out', 'day_only', 'judged', 'breached'] %}
            cast(n_{{ what }} as {{ bigint }}) as n_{{ what }},
        {%- endfor %}
        cast(breach_rate as {{ seconds }}) as breach_rate,
        {%- for percentile in ['p50', 'p90'] %}
            cast({{ percentile }}_seconds as {{ seconds }}) as {{ percentile }}_seconds,
            cast({{ percentile }}_business_seconds as {{ seconds }})
                as {{ percentile }}_business_seconds,
            is_{{ percentile }}_reached,
        {%- endfor %}
        cast(n_due_for_owner as {{ bigint }}) as n_due_for_owner,
        cast(n_accepted as {{ bigint }}) as n_accepted,
        cast(acceptance_rate as {{ seconds }}) as acceptance_rate
    from days
)

select * from final
