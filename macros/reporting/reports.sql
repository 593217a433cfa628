{#- The reports that a clean-up must not move (report_tolerances), over the columns of int_reporting__totals. Each a tuple: the
    report, the object counted, the condition, the column that parts it, what is summed, what that is divided by, and the
    periods by which it is read. -#}
{% macro reports() %}
    {%- set won = "stage_kind = 'won'" -%}
    {%- set open = "stage_kind = 'open'" -%}
    {%- set closed = "stage_kind in ('won', 'lost')" -%}
    {%- set by_period = ['month', 'quarter'] -%}
    {%- set by_quarter = ['quarter', 'all'] -%}
    {%- set won_deals = "case when stage_kind = 'won' then n_records else 0 end" -%}
    {%- set touch = 'campaign_touch' -%}
    {{ return([
        ('booked_revenue', 'opportunity', won, none, 'amount', none, by_period),
        ('booked_deals', 'opportunity', won, none, 'n_records', none, by_period),
        ('pipeline_amount', 'opportunity', open, 'stage', 'amount', none, ['all']),
        ('pipeline_deals', 'opportunity', open, 'stage', 'n_records', none, ['all']),
        ('leads_by_source', 'lead', none, 'lead_source', 'n_records', none, ['all']),
        ('deals_by_source', 'opportunity', none, 'lead_source', 'n_records', none, ['all']),
        ('revenue_by_source', 'opportunity', won, 'lead_source', 'amount', none, ['all']),
        ('deals_by_campaign', 'opportunity', none, 'campaign', 'n_records', none, ['all']),
        ('revenue_by_campaign', 'opportunity', won, 'campaign', 'amount', none, ['all']),
        ('touches_by_campaign', touch, none, 'campaign', 'n_records', none, ['all']),
        ('responses_by_campaign', touch, 'has_responded', 'campaign', 'n_records', none, ['all']),
        ('win_rate', 'opportunity', closed, none, won_deals, 'n_records', by_quarter),
        ('sales_cycle_days', 'opportunity', 'n_cycles > 0', none, 'cycle_days', 'n_cycles', by_quarter),
    ]) }}
{% endmacro %}
