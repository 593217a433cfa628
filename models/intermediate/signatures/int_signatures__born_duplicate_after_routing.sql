-- One row per live duplicate created in the windows: was another record of its cluster routed in
-- time before, by an owner change or a handoff? The last routing is told.
{%- set text = dbt.type_string() %}
with changes as (
    select
        record_sk,
        change_id,
        changed_at
    from {{ ref('int_signatures__changes') }}
    where field = 'owner_id'
),

clusters as (
    select
        cluster_sk,
        record_sk,
        object_type,
        is_survivor
    from {{ ref('int_identity__clusters') }}
),

events as (
    select
        record_key,
        event_id,
        occurred_at
    from {{ ref('stg_crm__workflow_events') }}
    where event_type = 'handoff'
),

records as (
    select
        record_sk,
        record_key,
        crm,
        object_type,
        created_at
    from {{ ref('int_crm__records') }}
),

routings as (
    select
        clusters.cluster_sk,
        clusters.record_sk,
        changes.changed_at as routed_at,
        changes.change_id as routing_id
    from changes
    inner join clusters on changes.record_sk = clusters.record_sk

    union all

    select
        clusters.cluster_sk,
        clusters.record_sk,
        events.occurred_at as routed_at,
        events.event_id as routing_id
    from events
    inner join records on events.record_key = records.record_key
    inner join clusters on records.record_sk = clusters.record_sk
),

births as (
    select
        records.*,
        duplicates.cluster_sk,
        {{ signature_window('records.created_at') }} as signature_window
    from clusters as duplicates
    inner join records on duplicates.record_sk = records.record_sk
    where not duplicates.is_survivor
),

routed_births as (
    select
        births.*,
        routings.routed_at,
        routings.routing_id,
        row_number() over (
            partition by births.record_sk
            order by routings.routed_at desc nulls last, routings.routing_id desc
        ) as place
    from births
    left join routings
        on
            births.cluster_sk = routings.cluster_sk
            and births.record_sk <> routings.record_sk
            and births.created_at >= routings.routed_at
            and births.created_at <= {{ later(
                'routings.routed_at', 60, threshold('duplicate_birth__minutes')
            ) }}
    where births.signature_window is not null
),

final as (
    select
        record_sk,
        record_key,
        crm,
        object_type,
        cast(null as {{ text }}) as part,
        cast(null as {{ text }}) as field,
        cast(null as {{ dbt.type_bigint() }}) as change_number,
        created_at as occurred_at,
        signature_window,
        routed_at is not null as is_hit,
        routing_id as related_id,
        routed_at as related_at,
        'created ' || {{ duration_text(seconds_between('routed_at', 'created_at')) }}
        || ' after a duplicate of it was routed' as detail
    from routed_births
    where place = 1
)

select * from final
