{%- set text = dbt.type_string() -%}
{%- set timestamp = dbt.type_timestamp() -%}
with windows as (
    select
        signature_window,
        period_started_local,
        period_ended_local,
        last_days_from_local
    from {{ ref('int_root_cause__signature_windows') }}
),

credited as (
    select lower({{ strip('lead_source') }}) as lead_source
    from {{ ref('credited_lead_sources') }}
),

changes as (
    select
        record_sk,
        field,
        change_number,
        changed_at,
        old_value,
        new_value,
        {{ signature_window('changed_at') }} as signature_window,
        {{ business_time('changed_at') }} as changed_at_local,
        object_type = 'opportunity'
        and field <> 'lead_source'
        and coalesce(actor_kind, channel) in ('human', 'ui') as is_deal_edit
    from {{ ref('stg_crm__field_changes') }}
    where
        not is_orphan
        and field in ('lead_source', 'amount', 'close_date', 'forecast_category')
),

source_moves as (
    select
        changes.record_sk,
        changes.field,
        changes.change_number,
        changes.changed_at,
        changes.signature_window,
        changes.old_value,
        changes.new_value,
        new_credited.lead_source is not null and old_credited.lead_source is null as is_credited
    from changes
    left join credited as old_credited
        on lower({{ strip('changes.old_value') }}) = old_credited.lead_source
    left join credited as new_credited
        on lower({{ strip('changes.new_value') }}) = new_credited.lead_source
    where changes.field = 'lead_source' and changes.signature_window is not null
),

deal_edits as (
    select
        changes.record_sk,
        changes.field,
        changes.change_number,
        changes.changed_at,
        changes.changed_at_local,
        windows.signature_window,
        windows.period_ended_local,
        changes.changed_at_local >= windows.last_days_from_local as is_in_last_days
    from changes
    inner join windows
        on
            changes.changed_at_local >= windows.period_started_local
            and changes.changed_at_local < windows.period_ended_local
    where changes.is_deal_edit
),

-- From a day before the windows, so that the day in which one starts is counted whole.
activities as (
    select
        activities.record_key,
        activities.crm,
        activities.owner_id,
        activities.occurred_at,
        {{ signature_window('activities.occurred_at') }} as signature_window,
        cast({{ business_time('activities.occurred_at') }} as date) as business_day,
        activities.activity_type in ('task', 'note')
        or (activities.activity_type = 'email' and activities.direction is null) as is_low_value
    from {{ ref('stg_crm__activities') }} as activities
    left join {{ ref('stg_crm__users') }} as users
        on activities.crm = users.crm and activities.owner_id = users.user_id
    where
        activities.is_live
        and not activities.is_planned
        and not coalesce(activities.is_automated, false)
        and coalesce(activities.status, 'done') = 'done'
        and activities.owner_id is not null
        and coalesce(users.kind, 'human') = 'human'
        and activities.occurred_at > {{ later(signature_window_end(2), -86400, 1) }}
),

padded as (
    select
        *,
        count(case when is_low_value then 1 end) over (
            partition by crm, owner_id, business_day
        ) as n_low_value
    from activities
),

cases as (
    select
        'source_to_credited' as signature,
        source_moves.record_sk,
        records.record_key,
        records.crm,
        records.object_type,
        source_moves.field,
        source_moves.change_number,
        source_moves.changed_at as occurred_at,
        source_moves.signature_window,
        source_moves.is_credited as is_hit,
        'lead source from ' || coalesce(source_moves.old_value, 'blank')
        || ' to ' || coalesce(source_moves.new_value, 'blank') as detail
    from source_moves
    inner join {{ ref('int_crm__records') }} as records
        on source_moves.record_sk = records.record_sk

    union all

    select
        'period_end_edits' as signature,
        deal_edits.record_sk,
        records.record_key,
        records.crm,
        records.object_type,
        deal_edits.field,
        deal_edits.change_number,
        deal_edits.changed_at as occurred_at,
        deal_edits.signature_window,
        deal_edits.is_in_last_days as is_hit,
        deal_edits.field || ' edited '
        || {{ duration_text(seconds_between(
            'deal_edits.changed_at_local', 'deal_edits.period_ended_local'
        )) }}
        || ' before the end of the {{ var("business_period") }}' as detail
    from deal_edits
    inner join {{ ref('int_crm__records') }} as records
        on deal_edits.record_sk = records.record_sk

    union all

    select
        'activity_padding' as signature,
        cast(null as {{ dbt.type_bigint() }}) as record_sk,
        record_key,
        crm,
        'activity' as object_type,
        cast(null as {{ text }}) as field,
        cast(null as {{ dbt.type_bigint() }}) as change_number,
        occurred_at,
        signature_window,
        is_low_value and n_low_value >= {{ threshold('activity_padding__per_day') }} as is_hit,
        cast(cast(n_low_value as integer) as {{ text }})
        || ' tasks, notes and e-mails without direction by ' || owner_id
        || ' on ' || cast(business_day as {{ text }}) as detail
    from padded
    where signature_window is not null
),

final as (
    select
        signature,
        record_sk,
        record_key,
        crm,
        object_type,
        cast(null as {{ text }}) as part,
        field,
        change_number,
        occurred_at,
        signature_window,
        is_hit,
        cast(null as {{ text }}) as related_id,
        cast(null as {{ timestamp }}) as related_at,
        case when is_hit then detail end as detail
    from cases
)

select * from final
