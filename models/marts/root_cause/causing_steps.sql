-- One row per CRM and cause of dirty records, the most frequent first: which step of the workflow,
-- and who or what did it?
{%- set text = dbt.type_string() -%}
{%- set bigint = dbt.type_bigint() %}
with causes as (
    select * from {{ ref('int_root_cause__causes') }}
),

final as (
    select
        cast(crm as {{ text }}) as crm,
        cast(cause_rank as {{ bigint }}) as cause_rank,
        cast(causing_step as {{ text }}) as causing_step,
        cast(archetype as {{ text }}) as archetype,
        cast(actor_kind as {{ text }}) as actor_kind,
        cast(machine as {{ text }}) as machine,
        cast(n_dirty as {{ bigint }}) as n_dirty,
        cast(share as decimal(9, 6)) as share,
        cast(n_in_window as {{ bigint }}) as n_in_window,
        cast(n_in_previous_window as {{ bigint }}) as n_in_previous_window,
        cast(trend as {{ text }}) as trend,
        cast(amount as {{ type_amount() }}) as amount
    from causes
)

select * from final
