{#- How people name a period by its first day: 2026-03 for a month, 2026-Q1 for a fiscal quarter, FY2026 for a fiscal year,
    both of the year in which the fiscal year ends. -#}
{% macro period_label(grain, period_start) -%}
    {%- set text = dbt.type_string() -%}
    {#- Moves the first month of the fiscal year to January of the year in which it ends. -#}
    {%- set fiscal = dbt.dateadd('month', (13 - crm_hygiene.fiscal_start()) % 12, period_start) -%}
    case
        when {{ grain }} = 'quarter'
            then cast(extract(year from {{ fiscal }}) as {{ text }}) || '-Q'
            || cast(cast((extract(month from {{ fiscal }}) + 2) / 3 as integer) as {{ text }})
        when {{ grain }} = 'year' then 'FY' || cast(extract(year from {{ fiscal }}) as {{ text }})
        else substr(cast({{ period_start }} as {{ text }}), 1, 7)
    end
{%- endmacro %}


{#- First day of the month, fiscal quarter or fiscal year that as_of lies in, on the business clock: earlier ones are over. -#}
{% macro current_period_start(grain) -%}
    {%- set months = crm_hygiene.report_grains()[grain] -%}
    cast({{ crm_hygiene.business_period_start(crm_hygiene.business_time(crm_hygiene.as_of()), months) }} as date)
{%- endmacro %}
