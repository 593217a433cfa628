-- One row per CRM, object type, lifecycle stage and region: what the CRM holds.
{%- set text = dbt.type_string() -%}
{%- set bigint = dbt.type_bigint() %}
with inventory as (
    select * from {{ ref('int_crm__inventory') }}
),

final as (
    select
        cast(crm as {{ text }}) as crm,
        cast(object_type as {{ text }}) as object_type,
        cast(lifecycle_stage as {{ text }}) as lifecycle_stage,
        cast(region as {{ text }}) as region,
        cast(n_records as {{ bigint }}) as n_records,
        cast(n_stale_12m as {{ bigint }}) as n_stale_12m,
        cast(n_stale_24m as {{ bigint }}) as n_stale_24m,
        cast(n_no_owner as {{ bigint }}) as n_no_owner,
        cast(n_inactive_owner as {{ bigint }}) as n_inactive_owner,
        cast(n_no_lead_source as {{ bigint }}) as n_no_lead_source,
        cast(n_past_close_date as {{ bigint }}) as n_past_close_date,
        cast(n_hard_bounced as {{ bigint }}) as n_hard_bounced,
        cast(n_consent_known as {{ bigint }}) as n_consent_known,
        oldest_activity_at,
        newest_activity_at,
        oldest_modified_at,
        newest_modified_at
    from inventory
)

select * from final
