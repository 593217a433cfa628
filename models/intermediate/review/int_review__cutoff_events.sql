-- One row per event that people time by a cutoff: a close date that somebody moved, a milestone
-- that was reached, a lead source that was changed, a lead or deal that was made.
{%- set text = dbt.type_string() %}
with edits as (
    select * from {{ ref('int_history__edits') }}
),

stage_periods as (
    select * from {{ ref('int_history__stage_periods') }}
),

records as (
    select * from {{ ref('int_crm__records') }}
),

by_people as (
    select
        record_sk,
        field,
        old_value,
        new_value,
        changed_at
    from edits
    where
        not is_orphan
        and coalesce(channel, '') not in ('automation', 'integration', 'import')
        and coalesce(actor_kind, '') not in ('automation', 'integration', 'import')
),

close_dates as (
    select
        record_sk,
        changed_at,
        {{ parse_value('old_value', 'text', 'date') }} as old_date,
        {{ parse_value('new_value', 'text', 'date') }} as new_date
    from by_people
    where field = 'close_date'
),

events as (
    select
        record_sk,
        'close_date_changed' as event,
        case
            when new_date > old_date then 'later'
            when new_date < old_date then 'earlier'
            else 'set or cleared'
        end as part,
        changed_at as occurred_at
    from close_dates

    union all

    select
        record_sk,
        'lead_source_changed' as event,
        coalesce(new_value, 'none') as part,
        changed_at as occurred_at
    from by_people
    where field = 'lead_source'

    union all

    -- What is made in a milestone was not moved there.
    select
        record_sk,
        'milestone_reached' as event,
        coalesce(stage, 'none') as part,
        started_at as occurred_at
    from stage_periods
    where is_milestone and period_number > 1 and not is_by_record

    union all

    select
        record_sk,
        'created' as event,
        coalesce(lead_source, 'none') as part,
        created_at as occurred_at
    from records
    where has_creation_date
),

local_events as (
    select
        *,
        {{ business_time('occurred_at') }} as occurred_at_local
    from events
),

final as (
    select
        local_events.record_sk,
        records.crm,
        records.object_type,
        local_events.event,
        cast(local_events.part as {{ text }}) as part,
        local_events.occurred_at,
        cast(local_events.occurred_at_local as date) as occurred_on,
        {{ business_period_end('local_events.occurred_at_local') }} as period_ended_local
    from local_events
    inner join records on local_events.record_sk = records.record_sk
)

select * from final
