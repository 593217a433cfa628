-- Every change of one record in order: who did what, when, through what.
-- dbt show --select record_history --limit 500 --vars 'record_key: "salesforce:opportunity:006..."'
with final as (
    select
        changes.changed_at,
        changes.field,
        changes.old_value,
        changes.new_value,
        users.user_name as changed_by,
        changes.actor_kind,
        changes.channel,
        changes.source_table,
        changes.is_chain_break,
        periods.dwell_seconds as seconds_in_new_stage
    from {{ ref('stg_crm__field_changes') }} as changes
    left join {{ ref('stg_crm__users') }} as users
        on changes.crm = users.crm and changes.changed_by = users.user_id
    left join {{ ref('int_history__stage_periods') }} as periods
        on
            changes.record_key = periods.record_key
            and changes.change_id = periods.started_by_change_id
            and changes.field in ('stage', 'status')
    where changes.record_key = '{{ var("record_key", "") }}'
)

select * from final
order by changed_at, field, seconds_in_new_stage
