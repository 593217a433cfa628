{{ history_periods(
    changes_filter="field = 'owner_id'",
    current_value='owner_id',
    object_types=['account', 'contact', 'lead', 'opportunity', 'case'],
    value='owner_id'
) }}

select
    final.record_sk,
    records.record_key,
    records.crm,
    records.object_type,
    records.record_id,
    records.segment,
    records.is_live,
    final.period_number,
    final.owner_id,
    users.team as owner_team,
    users.kind as owner_kind,
    final.started_at,
    final.ended_at,
    final.is_current,
    final.starts_before_creation,
    final.started_by_change_id,
    {{ dbt.datediff('final.started_at', 'coalesce(final.ended_at, ' ~ as_of() ~ ')', 'second') }}
        as held_seconds
from final
inner join {{ ref('int_crm__records') }} as records on final.record_sk = records.record_sk
left join {{ ref('stg_crm__users') }} as users
    on records.crm = users.crm and final.owner_id = users.user_id
