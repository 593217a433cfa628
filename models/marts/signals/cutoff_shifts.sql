-- One row per CRM, object type, event, part (and all) and number of days to the cutoff.
{%- set text = dbt.type_string() -%}
{%- set bigint = dbt.type_bigint() %}
with cutoff_days as (
    select * from {{ ref('int_review__cutoff_days') }}
),

final as (
    select
        cast(crm as {{ text }}) as crm,
        cast(object_type as {{ text }}) as object_type,
        cast(event as {{ text }}) as event,
        cast(part as {{ text }}) as part,
        cast(days_to_cutoff as {{ bigint }}) as days_to_cutoff,
        is_last_days,
        cast(n_days as {{ bigint }}) as n_days,
        cast(n_events as {{ bigint }}) as n_events,
        cast(events_per_day as decimal(18, 6)) as events_per_day,
        cast(last_days_per_day as decimal(18, 6)) as last_days_per_day,
        cast(other_days_per_day as decimal(18, 6)) as other_days_per_day,
        cast(status as {{ text }}) as status
    from cutoff_days
)

select * from final
