-- One row per live record and archetype: the workflow event before its first occurrence, if any.
{%- set text = dbt.type_string() %}
with occurrences as (
    select * from {{ ref('int_root_cause__occurrences') }}
),

records as (
    select * from {{ ref('int_crm__records') }}
),

workflow_events as {{ inlined() }} (
    select * from {{ ref('stg_crm__workflow_events') }}
),

ranked as (
    select
        occurrence_id,
        record_sk,
        record_key,
        crm,
        rule_id as archetype,
        change_number,
        correlation_id,
        occurred_at,
        row_number() over (
            partition by record_sk, rule_id
            order by
                occurred_at,
                field nulls last,
                change_number nulls last,
                part nulls first
        ) as place
    from occurrences
    where kind = 'archetype'
),

firsts as (
    select
        ranked.occurrence_id,
        ranked.record_sk,
        ranked.record_key,
        ranked.crm,
        ranked.archetype,
        ranked.occurred_at,
        {{ later('ranked.occurred_at', -60, threshold('preceding_event__minutes')) }}
            as earliest_at,
        case when not {{ is_blank('ranked.correlation_id') }} then ranked.correlation_id end
            as correlation_id,
        -- What began because time passed has no event before it.
        ranked.change_number is not null or ranked.occurred_at = records.created_at
            as has_cause
    from ranked
    inner join records on ranked.record_sk = records.record_sk
    where ranked.place = 1
),

candidates as (
    select
        firsts.occurrence_id,
        events.event_id,
        events.event_type,
        events.occurred_at,
        'correlation_id' as matched_by,
        case when firsts.record_key = events.record_key then 0 else 1 end as distance
    from firsts
    inner join workflow_events as events
        on firsts.crm = events.crm and firsts.correlation_id = events.correlation_id
    where firsts.has_cause and events.occurred_at <= firsts.occurred_at

    union all

    select
        firsts.occurrence_id,
        events.event_id,
        events.event_type,
        events.occurred_at,
        'time' as matched_by,
        2 as distance
    from firsts
    inner join workflow_events as events
        on firsts.record_key = events.record_key
    where
        firsts.has_cause
        and events.occurred_at between firsts.earliest_at and firsts.occurred_at
),

nearest as (
    select
        *,
        row_number() over (
            partition by occurrence_id order by distance asc, occurred_at desc, event_id desc
        ) as place
    from candidates
),

final as (
    select
        firsts.occurrence_id,
        firsts.record_sk,
        firsts.archetype,
        nearest.event_id as preceding_event_id,
        nearest.event_type as preceding_event_type,
        nearest.occurred_at as preceding_event_at,
        cast(nearest.matched_by as {{ text }}) as preceding_event_matched_by
    from firsts
    left join nearest
        on firsts.occurrence_id = nearest.occurrence_id and nearest.place = 1
)

select * from final
