-- One row per CRM, object type and field with a history: how far it can be trusted.
{{ config(materialized='view') }}

with history as (
    select * from {{ ref('stg_crm__told_changes') }}
),

current_values as (
    select * from {{ ref('int_history__current_values') }}
),

-- The gap that users complain of: the history's last word against what the record says.
last_values as (
    select
        history.crm,
        history.object_type,
        history.field,
        count(*) as n_compared,
        count(
            case
                when
                    lower({{ told_value('history.field', 'history.new_value') }})
                    is distinct from
                    lower({{ told_value('history.field', 'current_values.current_value') }})
                    then 1
            end
        ) as n_differing
    from history
    inner join current_values
        on
            {{ record_key('history.crm', 'history.object_type', 'history.record_id') }}
            = current_values.record_key
            and history.field = current_values.field
    where history.change_class = 'effective' and history.next_changed_at is null
    group by history.crm, history.object_type, history.field
),

counted as (
    select
        crm,
        object_type,
        field,
        count(case when change_class = 'effective' then 1 end) as n_changes,
        count(case when change_class = 'no_op' then 1 end) as n_no_ops,
        count(case when change_class = 'duplicate' then 1 end) as n_duplicates,
        count(case when change_class = 'first_value' then 1 end) as n_first_values,
        count(case when change_class = 'effective' and is_orphan then 1 end) as n_orphans,
        count(case when is_chain_break then 1 end) as n_chain_breaks,
        count(case when change_class = 'effective' and is_before_creation then 1 end)
            as n_before_creation,
        count(case when change_class = 'effective' and changed_by is not null then 1 end)
            as n_with_actor,
        count(case when change_class = 'effective' and channel is not null then 1 end)
            as n_with_channel,
        count(distinct case when change_class = 'effective' then record_id end) as n_records,
        min(case when change_class = 'effective' then changed_at end) as first_changed_at,
        max(case when change_class = 'effective' then changed_at end) as last_changed_at
    from history
    where changed_at <= {{ as_of() }}
    group by crm, object_type, field
),

final as (
    select
        counted.crm,
        counted.object_type,
        counted.field,
        counted.n_records,
        counted.n_changes,
        counted.n_no_ops,
        counted.n_duplicates,
        counted.n_first_values,
        counted.n_orphans,
        counted.n_chain_breaks,
        counted.n_before_creation,
        cast(counted.n_with_actor as {{ type_double() }}) / nullif(counted.n_changes, 0)
            as actor_rate,
        cast(counted.n_with_channel as {{ type_double() }}) / nullif(counted.n_changes, 0)
            as channel_rate,
        last_values.n_compared as n_last_values_compared,
        last_values.n_differing as n_last_values_differing,
        counted.first_changed_at,
        counted.last_changed_at
    from counted
    left join last_values
        on
            counted.crm = last_values.crm
            and counted.object_type = last_values.object_type
            and counted.field = last_values.field
)

select * from final
