-- One row per person's edit of a deal's amount, close date or forecast category in the last two
-- business periods that have ended: is it in the period's last days?
{%- set text = dbt.type_string() %}
with windows as (
    select * from {{ ref('int_signatures__windows') }}
),

edits as (
    select
        record_sk,
        field,
        change_number,
        changed_at,
        {{ business_time('changed_at') }} as changed_at_local
    from {{ ref('int_history__edits') }}
    where
        not is_orphan
        and object_type = 'opportunity'
        and field in ('amount', 'close_date', 'forecast_category')
        and coalesce(actor_kind, channel) in ('human', 'ui')
),

records as (
    select
        record_sk,
        record_key,
        crm,
        object_type
    from {{ ref('int_crm__records') }}
),

judged as (
    select
        edits.record_sk,
        records.record_key,
        records.crm,
        records.object_type,
        edits.field,
        edits.change_number,
        edits.changed_at,
        edits.changed_at_local,
        windows.signature_window,
        windows.period_ended_local,
        edits.changed_at_local >= windows.last_days_from_local as is_hit
    from edits
    inner join windows
        on
            edits.changed_at_local >= windows.period_started_local
            and edits.changed_at_local < windows.period_ended_local
    inner join records on edits.record_sk = records.record_sk
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
                    field || ' edited '
                    || {{ duration_text(seconds_between(
                        'changed_at_local', 'period_ended_local'
                    )) }}
                    || ' before the end of the {{ var("business_period") }}'
        end as detail
    from judged
)

select * from final
