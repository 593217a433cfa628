-- One row per record and owner in turn: from when to when that owner held it.
with records as {{ inlined() }} (
    select * from {{ ref('int_crm__records') }}
),

field_changes as (
    select * from {{ ref('stg_crm__field_changes') }}
),

users as (
    select * from {{ ref('stg_crm__users') }}
),

{{ history_periods(
    changes_filter="field = 'owner_id'",
    current_value='owner_id',
    object_types=['account', 'contact', 'lead', 'opportunity', 'case'],
    value='owner_id'
) }},

final as (
    select
        periods.record_sk,
        records.record_key,
        records.crm,
        records.object_type,
        records.record_id,
        records.segment,
        records.is_live,
        periods.period_number,
        periods.owner_id,
        users.team as owner_team,
        users.kind as owner_kind,
        periods.started_at,
        periods.ended_at,
        periods.is_current,
        periods.starts_before_creation,
        periods.started_by_change_id,
        periods.is_by_record,
        {{ seconds_between(
            'periods.started_at', 'coalesce(periods.ended_at, ' ~ as_of() ~ ')'
        ) }} as held_seconds
    from periods
    inner join records on periods.record_sk = records.record_sk
    left join users
        on records.crm = users.crm and periods.owner_id = users.user_id
    -- Some histories log the owner at creation as a change from nobody.
    where
        periods.owner_id is not null
        or periods.period_number > 1
        or periods.ended_at is null
        or periods.ended_at
        > {{ later('periods.started_at', 1, threshold('first_value_seconds')) }}
)

select * from final
