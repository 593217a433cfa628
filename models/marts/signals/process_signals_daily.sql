-- One row per CRM, signal, object type, segment and day. Every run writes the days that it shows
-- anew; older days stay.
{% set text = dbt.type_string() %}
{% set can_delete = target.type in ('duckdb', 'postgres', 'redshift', 'snowflake') %}

{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert' if can_delete else 'insert_overwrite',
    unique_key='signal_date' if can_delete else none,
    partition_by=(
        {'field': 'signal_date', 'data_type': 'date'} if target.type == 'bigquery'
        else none if can_delete else ['signal_date']
    ),
    on_schema_change='append_new_columns'
) }}

with rates as (
    select * from {{ ref('int_signals__daily_rates') }}
),

final as (
    select
        cast(crm as {{ text }}) as crm,
        cast(signal as {{ text }}) as signal,
        cast(object_type as {{ text }}) as object_type,
        cast(segment as {{ text }}) as segment,
        signal_date,
        numerator,
        denominator,
        rate,
        baseline_rate,
        watch_at,
        alert_at,
        cast(status as {{ text }}) as status,
        {{ as_of() }} as as_of
    from rates
)

select * from final
