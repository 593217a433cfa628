{#- The configuration of a mart that keeps days: every run writes the days of its own anew, other days stay, also with
    --full-refresh unless asked otherwise. -#}
{% macro kept_days(date_column, full_refresh=false) %}
    {%- set can_delete = target.type in ('duckdb', 'postgres', 'redshift', 'snowflake') -%}
    {%- if target.type == 'bigquery' -%}
        {%- set partition_by = {'field': date_column, 'data_type': 'date'} -%}
    {%- else -%}
        {%- set partition_by = none if can_delete else [date_column] -%}
    {%- endif -%}
    {{ return({
        'materialized': 'incremental',
        'incremental_strategy': 'delete+insert' if can_delete else 'insert_overwrite',
        'unique_key': date_column if can_delete else none,
        'partition_by': partition_by,
        'full_refresh': full_refresh,
        'on_schema_change': 'append_new_columns',
    }) }}
{% endmacro %}
