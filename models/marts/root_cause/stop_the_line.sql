-- One row per CRM, machine and day with damage: stop it, or not?
{%- set text = dbt.type_string() -%}
{%- set bigint = dbt.type_bigint() %}
with machine_days as (
    select * from {{ ref('int_root_cause__machine_days') }}
),

final as (
    select
        cast(crm as {{ text }}) as crm,
        cast(machine as {{ text }}) as machine,
        change_date,
        cast(n_changes as {{ bigint }}) as n_changes,
        cast(n_bad_changes as {{ bigint }}) as n_bad_changes,
        cast(n_records as {{ bigint }}) as n_records,
        cast(n_rules as {{ bigint }}) as n_rules,
        cast(rules as {{ text }}) as rules,
        cast(baseline_per_day as decimal(18, 6)) as baseline_per_day,
        is_current,
        cast(status as {{ text }}) as status,
        cast(sample_records as {{ text }}) as sample_records
    from machine_days
)

select * from final
