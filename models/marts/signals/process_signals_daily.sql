-- One row per CRM, signal, object type, segment and day. Every run writes the days that it shows
-- anew; older days stay.
{% set text = dbt.type_string() %}
{{ config(**kept_days('signal_date')) }}

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
    where {{ as_of_is_kept() }}
)

select * from final
