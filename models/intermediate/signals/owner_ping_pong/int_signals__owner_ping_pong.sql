-- One row per owner change that follows another too soon.
with changes_of_owner as (
    select * from {{ ref('int_history__owner_changes') }}
),

records as (
    select * from {{ ref('int_crm__records') }}
),

scoped_thresholds as (
    select * from {{ ref('int_crm__scoped_thresholds') }}
),

scoped_windows as (
    select
        crm,
        pipeline,
        segment,
        value
    from scoped_thresholds
    where threshold_id = 'owner_ping_pong__within_days'
),

owner_changes as (
    select
        record_sk,
        change_number,
        changed_at,
        new_value,
        owner_before,
        {{ nth_previous(
            'changed_at', threshold('owner_ping_pong__changes'), 'record_sk', 'change_number'
        ) }} as nth_changed_at
    from changes_of_owner
),

judged as (
    select
        owner_changes.record_sk,
        owner_changes.change_number,
        owner_changes.changed_at,
        owner_changes.nth_changed_at,
        (owner_changes.new_value is not distinct from owner_changes.owner_before) as is_return,
        coalesce(windows.value, {{ threshold('owner_ping_pong__within_days') }}) as within_days
    from owner_changes
    inner join records
        on owner_changes.record_sk = records.record_sk
    left join scoped_windows as windows
        on
            records.crm = windows.crm
            and coalesce(records.pipeline, '') = windows.pipeline
            and coalesce(records.segment, '') = windows.segment
    where owner_changes.nth_changed_at is not null
),

final as (
    select
        record_sk,
        'owner_id' as field,
        change_number,
        changed_at as occurred_at,
        case when is_return then 'return' else 'onward' end as variant,
        cast(null as {{ dbt.type_string() }}) as part,
        case when is_return then 'back to the owner before, ' else 'on to another owner, ' end
        || cast({{ threshold('owner_ping_pong__changes') }} as integer)
        || ' owner changes within '
        || {{ duration_text(seconds_between('nth_changed_at', 'changed_at')) }} as detail
    from judged
    where changed_at <= {{ later('nth_changed_at', 86400, 'within_days') }}
)

select * from final
