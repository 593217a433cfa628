{#- The signals of the register (seed rules): of each there are int_signals__<signal> (its evidence) and
    int_signals__<signal>_exposure (what it is counted out of). dbt must know them before it reads a seed; a test compares
    them with the register. -#}
{% macro signals() %}
    {{ return(crm_hygiene.record_signals() + ['stage_dwell_shift']) }}
{% endmacro %}


{#- Those whose evidence is of records, not of stages. -#}
{% macro record_signals() %}
    {{ return([
        'stage_dwell_anomaly', 'multi_stage_jump', 'owner_ping_pong', 'late_edit',
        'commit_close_date_churn', 'sla_rush_update',
    ]) }}
{% endmacro %}
