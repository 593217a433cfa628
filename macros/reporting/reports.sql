{#- The reports that a clean-up must not move (report_tolerances), over the columns of int_reporting__totals. Each a tuple: the
    report, the object counted, the condition, the column that parts it, what is summed, what that is divided by, and the
    periods by which it is read. -#}
{% macro reports() %}
    {%- set won = "stage_kind = 'won'" -%}
    {%- set open = "stage_kind = 'open'" -%}
    {%- set closed = "stage_kind in ('won', 'lost')" -%}
    {%- set by_period = ['month', 'quarter', 'year'] -%}
    {%- set by_quarter = ['quarter', 'year', 'all'] -%}
    {#- Of what is open, this quarter's and all of it. -#}
    {%- set now = ['current quarter', 'all'] -%}
    {%- set won_deals = "case when stage_kind = 'won' then n_records else 0 end" -%}
    {%- set touch = 'campaign_touch' -%}
    {{ return([
        ('booked_revenue', 'opportunity', won, none, 'amount', none, by_period),
        ('booked_deals', 'opportunity', won, none, 'n_records', none, by_period),
        ('booked_arr', 'contract', none, none, 'amount', none, by_period),
        ('invoiced_amount', 'invoice', none, none, 'amount', none, by_period),
        ('pipeline_amount', 'opportunity', open, 'stage', 'amount', none, now),
        ('pipeline_deals', 'opportunity', open, 'stage', 'n_records', none, now),
        ('leads_by_source', 'lead', none, 'lead_source', 'n_records', none, ['all']),
        ('deals_by_source', 'opportunity', none, 'lead_source', 'n_records', none, ['all']),
        ('revenue_by_source', 'opportunity', won, 'lead_source', 'amount', none, by_quarter),
        ('deals_by_campaign', 'opportunity', none, 'campaign', 'n_records', none, ['all']),
        ('revenue_by_campaign', 'opportunity', won, 'campaign', 'amount', none, by_quarter),
        ('touches_by_campaign', touch, none, 'campaign', 'n_records', none, ['all']),
        ('responses_by_campaign', touch, 'has_responded', 'campaign', 'n_records', none, ['all']),
        ('win_rate', 'opportunity', closed, none, won_deals, 'n_records', by_quarter),
        ('sales_cycle_days', 'opportunity', 'n_cycles > 0', none, 'cycle_days', 'n_cycles', by_quarter),
    ]) }}
{% endmacro %}


{#- The months of each grain that closed periods are frozen by; years and quarters are fiscal. -#}
{% macro report_grains() %}
    {{ return({'month': 1, 'quarter': 3, 'year': 12}) }}
{% endmacro %}


{#- First day of the period of a grain that holds a month. -#}
{% macro report_period_start(grain, month) -%}
    {%- if grain == 'month' -%} {{ month }}
    {%- else -%} cast({{ crm_hygiene.business_period_start(month, crm_hygiene.report_grains()[grain]) }} as date)
    {%- endif -%}
{%- endmacro %}


{#- The reports by period, which are frozen once a period is over: (report, object, condition, part, numerator, grains). Of
    what is open today there is no closed period. -#}
{% macro frozen_reports() %}
    {%- set found = [] -%}
    {%- for report, object_type, condition, part, numerator, denominator, grains in crm_hygiene.reports() -%}
        {%- set by = grains | select('in', crm_hygiene.report_grains()) | list -%}
        {%- if by -%}
            {%- do found.append((report, object_type, condition, part, numerator, by)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}


{#- The part of a report that a row belongs to; the word all stays that of all parts together. -#}
{% macro report_part(column) -%}
    case when {{ column }} = 'all' then 'all ({{ column }})' else coalesce({{ column }}, 'none') end
{%- endmacro %}


{#- What closed periods are made of, over the CTEs deals (int_reporting__deals) and contracts_and_invoices. -#}
{% macro booked_records() -%}
    {%- set columns = [
        'crm', 'record_key', 'closes_on', 'close_month', 'amount', 'currency',
    ] -%}
    {%- set text = dbt.type_string() -%}
    select
        {{ columns | join(',\n        ') }},
        'opportunity' as object_type,
        stage_kind,
        lead_source,
        campaign,
        cycle_days
    from deals
    where stage_kind in ('won', 'lost') and close_month is not null

    union all

    select
        {{ columns | join(',\n        ') }},
        object_type,
        cast(null as {{ text }}) as stage_kind,
        cast(null as {{ text }}) as lead_source,
        cast(null as {{ text }}) as campaign,
        cast(null as {{ dbt.type_bigint() }}) as cycle_days
    from contracts_and_invoices
{%- endmacro %}
