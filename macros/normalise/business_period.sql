{#- Start of the business period (variables business_period: month, quarter or year, and fiscal_year_start_month; or the
    period of so many months) that holds a timestamp of the business clock. -#}
{% macro business_period_start(local_time, months=none) -%}
    {%- set month = dbt.date_trunc('month', local_time) -%}
    {%- set months_in = '(extract(month from ' ~ local_time ~ ') + ' ~ (12 - crm_hygiene.fiscal_start()) ~ ') % ' ~ (months or crm_hygiene.period_months()) -%}
    cast({{ dbt.dateadd('month', '-cast(' ~ months_in ~ ' as integer)', month) }} as {{ dbt.type_timestamp() }})
{%- endmacro %}


{#- End of that period: the first instant that is no longer in it. -#}
{% macro business_period_end(local_time) -%}
    cast({{ dbt.dateadd(
        'month', crm_hygiene.period_months(), crm_hygiene.business_period_start(local_time)
    ) }} as {{ dbt.type_timestamp() }})
{%- endmacro %}


{% macro period_months() %}
    {%- set months = {'month': 1, 'quarter': 3, 'year': 12} -%}
    {%- if var('business_period') not in months -%}
        {{ exceptions.raise_compiler_error(
            "business_period is '" ~ var('business_period') ~ "'; write month, quarter or year."
        ) }}
    {%- endif -%}
    {{ return(months[var('business_period')]) }}
{% endmacro %}


{% macro fiscal_start() %}
    {%- set month = var('fiscal_year_start_month') | int -%}
    {%- if month < 1 or month > 12 -%}
        {{ exceptions.raise_compiler_error(
            "fiscal_year_start_month is '" ~ var('fiscal_year_start_month') ~ "'; write 1 to 12."
        ) }}
    {%- endif -%}
    {{ return(month) }}
{% endmacro %}


{#- Whether a date is the last day of a business period that has ended by as_of. -#}
{% macro is_period_end(day) -%}
    {%- set next_day = 'cast(' ~ dbt.dateadd('day', 1, day) ~ ' as ' ~ dbt.type_timestamp() ~ ')' -%}
    ({{ next_day }} = {{ crm_hygiene.business_period_start(next_day) }}
    and {{ crm_hygiene.business_instant(next_day) }} <= {{ crm_hygiene.as_of() }})
{%- endmacro %}
