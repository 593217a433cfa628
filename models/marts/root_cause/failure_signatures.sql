-- One row per CRM, failure signature and object type: its rate in the last window and in the one
-- before, or why there is none.
{%- set text = dbt.type_string() -%}
{%- set bigint = dbt.type_bigint() %}
with populations as (
    select * from {{ ref('int_signatures__populations') }}
),

windows as (
    select *
    from {{ ref('int_signatures__windows') }}
    where signature_window = 'current'
),

cases as (
    select
        signature,
        crm,
        object_type,
        signature_window,
        is_hit
    from {{ ref('int_signatures__cases') }}
),

expected_rates as (
    select * from {{ ref('int_signatures__expected_rates') }}
),

counted as (
    select
        signature,
        crm,
        object_type,
        {%- for window in ['current', 'previous'] %}
            count(case when signature_window = '{{ window }}' and is_hit then 1 end)
                as {{ window }}_numerator,
            count(case when signature_window = '{{ window }}' then 1 end)
                as {{ window }}_denominator
            {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from cases
    group by signature, crm, object_type
),

measured as (
    select
        populations.*,
        case populations.measured_over
            when 'business_period' then windows.period_started_at
            else windows.started_at
        end as window_started_at,
        case populations.measured_over
            when 'business_period' then windows.period_ended_at
            else windows.ended_at
        end as window_ended_at,
        case when populations.is_computable then expected_rates.expected_rate end
            as expected_rate,
        {%- for count in [
            'current_numerator', 'current_denominator', 'previous_numerator',
            'previous_denominator',
        ] %}
            case when populations.is_computable then coalesce(counted.{{ count }}, 0) end
                as {{ count }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from populations
    cross join windows
    left join counted
        on
            populations.signature = counted.signature
            and populations.crm = counted.crm
            and populations.object_type = counted.object_type
    left join expected_rates
        on
            populations.signature = expected_rates.signature
            and populations.crm = expected_rates.crm
            and populations.object_type = expected_rates.object_type
),

final as (
    select
        cast(crm as {{ text }}) as crm,
        cast(step as {{ text }}) as step,
        cast(signature as {{ text }}) as signature,
        cast(object_type as {{ text }}) as object_type,
        cast(counts as {{ text }}) as numerator_is,
        cast(out_of as {{ text }}) as denominator_is,
        window_started_at,
        window_ended_at,
        {%- for window, prefix in [('current', ''), ('previous', 'previous_')] %}
            {%- for part in ['numerator', 'denominator'] %}
                cast({{ window }}_{{ part }} as {{ bigint }}) as {{ prefix }}{{ part }},
            {%- endfor %}
            cast(
                cast({{ window }}_numerator as {{ type_double() }})
                / nullif({{ window }}_denominator, 0) as decimal(9, 6)
            ) as {{ prefix }}rate,
        {%- endfor %}
        cast(expected_rate as decimal(9, 6)) as expected_rate,
        cast(
            case
                when not is_computable then 'not_landed'
                when current_denominator = 0 then 'no_cases'
                else 'measured'
            end as {{ text }}
        ) as status
    from measured
)

select * from final
