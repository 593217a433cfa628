-- One row per move of a deal forward by a person in the last two ended business periods: did it
-- come in the period's last days?
{%- set text = dbt.type_string() %}
with windows as (
    select * from {{ ref('int_signatures__windows') }}
),

edits as (
    select
        record_sk,
        field,
        change_number
    from {{ ref('int_history__edits') }}
    where field = 'stage' and coalesce(actor_kind, channel) in ('human', 'ui')
),

stage_changes as (
    select * from {{ ref('int_history__stage_changes') }}
),

records as (
    select
        record_sk,
        record_key
    from {{ ref('int_crm__records') }}
),

bounds as (
    select
        min(period_started_at) as started_at,
        max(period_ended_at) as ended_at
    from windows
),

moves as (
    select
        changes.*,
        {{ business_time('changes.changed_at') }} as changed_at_local
    from stage_changes as changes
    cross join bounds
    where
        changes.object_type = 'opportunity'
        and changes.old_kind = 'open'
        and changes.new_kind in ('open', 'won')
        and changes.new_order > changes.old_order
        and changes.changed_at >= bounds.started_at
        and changes.changed_at < bounds.ended_at
),

judged as (
    select
        moves.*,
        records.record_key,
        windows.signature_window,
        windows.period_ended_local,
        moves.changed_at_local >= windows.last_days_from_local as is_hit
    from moves
    inner join edits
        on
            moves.record_sk = edits.record_sk
            and moves.field = edits.field
            and moves.change_number = edits.change_number
    inner join windows
        on
            moves.changed_at_local >= windows.period_started_local
            and moves.changed_at_local < windows.period_ended_local
    inner join records on moves.record_sk = records.record_sk
),

final as (
    select
        record_sk,
        record_key,
        crm,
        object_type,
        cast(null as {{ text }}) as part,
        field,
        change_number,
        changed_at as occurred_at,
        signature_window,
        is_hit,
        cast(null as {{ text }}) as related_id,
        cast(null as {{ dbt.type_timestamp() }}) as related_at,
        case
            when is_hit
                then
                    'moved on from ' || old_stage || ' to ' || new_stage || ' '
                    || {{ duration_text(seconds_between(
                        'changed_at_local', 'period_ended_local'
                    )) }}
                    || ' before the end of the {{ var("business_period") }}'
        end as detail
    from judged
)

select * from final
