-- One row per CRM, object type and field with a history: how far it can be trusted.
{%- set text = dbt.type_string() -%}
{%- set bigint = dbt.type_bigint() %}
with quality as (
    select * from {{ ref('int_history__quality') }}
),

final as (
    select
        cast(crm as {{ text }}) as crm,
        cast(object_type as {{ text }}) as object_type,
        cast(field as {{ text }}) as field,
        cast(n_records as {{ bigint }}) as n_records,
        cast(n_changes as {{ bigint }}) as n_changes,
        cast(n_no_ops as {{ bigint }}) as n_no_ops,
        cast(n_duplicates as {{ bigint }}) as n_duplicates,
        cast(n_first_values as {{ bigint }}) as n_first_values,
        cast(n_orphans as {{ bigint }}) as n_orphans,
        cast(n_chain_breaks as {{ bigint }}) as n_chain_breaks,
        cast(n_before_creation as {{ bigint }}) as n_before_creation,
        cast(actor_rate as decimal(9, 6)) as actor_rate,
        cast(channel_rate as decimal(9, 6)) as channel_rate,
        cast(n_last_values_compared as {{ bigint }}) as n_last_values_compared,
        cast(n_last_values_differing as {{ bigint }}) as n_last_values_differing,
        first_changed_at,
        last_changed_at
    from quality
)

select * from final
