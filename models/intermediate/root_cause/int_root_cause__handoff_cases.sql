{%- set text = dbt.type_string() -%}
{%- set bigint = dbt.type_bigint() -%}
{#- What a handoff should leave alone (a new next step is the new owner's work, a lost one not). -#}
{%- set kept_fields = [
    'amount', 'close_date', 'lead_source', 'forecast_category', 'consent_status', 'do_not_contact',
] -%}
{%- set windows = {'current': as_of(), 'previous': signature_window_end(1)} -%}
with changes as (
    select
        record_sk,
        field,
        change_number,
        change_id,
        changed_at,
        new_value
    from {{ ref('stg_crm__field_changes') }}
    where
        not is_orphan
        and changed_at > {{ later(
            signature_window_end(2), -60, threshold('duplicate_birth__minutes')
        ) }}
        and (
            field = 'owner_id'
            or (field in ('{{ kept_fields | join("', '") }}') and old_value is not null)
            or (field = 'next_step' and new_value is null)
        )
),

-- The changes from one overwriting to the next one, both in time, have as many left to come.
counted as (
    select
        *,
        lead(changed_at) over (partition by record_sk, field order by change_number)
            as next_changed_at,
        lead(change_id) over (partition by record_sk, field order by change_number)
            as next_change_id,
        lead(new_value) over (partition by record_sk, field order by change_number)
            as next_value,
        count(case when field <> 'owner_id' then 1 end) over (
            partition by record_sk order by changed_at desc
        ) as n_overwritten_later
    from changes
),

followed as (
    select
        *,
        {%- for column in ['changed_at', 'change_id', 'field', 'new_value'] %}
            case
                when n_overwritten_later > 0
                    then first_value({{ column }}) over (
                        partition by record_sk, n_overwritten_later
                        order by
                            case when field = 'owner_id' then 1 else 0 end, field, change_number
                    )
            end as overwritten_{{ column }}
            {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from counted
),

handoffs as (
    select
        *,
        {{ signature_window('changed_at') }} as signature_window,
        coalesce(
            next_changed_at <= {{ later(
                'changed_at', 86400, threshold('owner_thrash__within_days')
            ) }},
            false
        ) as is_thrash,
        coalesce(
            overwritten_changed_at <= {{ later(
                'changed_at', 60, threshold('handoff_overwrite__minutes')
            ) }},
            false
        ) as is_overwritten
    from followed
    where field = 'owner_id'
),

queued as (
    select
        periods.record_sk,
        periods.period_number,
        periods.owner_id,
        spans.opened_at,
        greatest(periods.started_at, spans.opened_at) as started_at,
        case
            when spans.closed_at is null or periods.ended_at < spans.closed_at
                then periods.ended_at
            else spans.closed_at
        end as ended_at
    from {{ ref('int_history__owner_periods') }} as periods
    inner join {{ ref('int_history__open_spans') }} as spans
        on
            periods.record_sk = spans.record_sk
            and (periods.ended_at is null or periods.ended_at > spans.opened_at)
            and (spans.closed_at is null or periods.started_at < spans.closed_at)
    where periods.owner_kind = 'queue'
),

-- What still waits at the end of a window has waited until then.
waits as (
    {%- for name, ends_at in windows.items() %}
        select
            '{{ name }}' as signature_window,
            record_sk,
            period_number,
            owner_id,
            opened_at,
            started_at,
            case when ended_at <= {{ ends_at }} then ended_at end as ended_at,
            case when ended_at <= {{ ends_at }} then ended_at else {{ ends_at }} end
                as waited_until
        from queued
        where
            started_at <= {{ ends_at }}
            and (ended_at is null or ended_at > {{ signature_window_end(loop.index) }})
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

routings as (
    select
        members.cluster_sk,
        members.record_sk,
        changes.changed_at as routed_at,
        changes.change_id as routing_id
    from changes
    inner join {{ ref('int_identity__clusters') }} as members
        on changes.record_sk = members.record_sk
    where changes.field = 'owner_id'

    union all

    select
        members.cluster_sk,
        members.record_sk,
        events.occurred_at as routed_at,
        events.event_id as routing_id
    from {{ ref('stg_crm__workflow_events') }} as events
    inner join {{ ref('int_crm__records') }} as records on events.record_key = records.record_key
    inner join {{ ref('int_identity__clusters') }} as members
        on records.record_sk = members.record_sk
    where events.event_type = 'handoff'
),

births as (
    select
        duplicates.record_sk,
        duplicates.cluster_sk,
        records.created_at,
        {{ signature_window('records.created_at') }} as signature_window
    from {{ ref('int_identity__clusters') }} as duplicates
    inner join {{ ref('int_crm__records') }} as records
        on duplicates.record_sk = records.record_sk
    where duplicates.object_type = 'account' and not duplicates.is_survivor
),

routed_births as (
    select
        births.record_sk,
        births.created_at,
        births.signature_window,
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
),

cases as (
    select
        'owner_thrash' as signature,
        record_sk,
        cast(null as {{ text }}) as part,
        field,
        change_number,
        changed_at as occurred_at,
        signature_window,
        is_thrash as is_hit,
        next_change_id as related_id,
        next_changed_at as related_at,
        'given on to ' || coalesce(next_value, 'nobody') || ' after '
        || {{ duration_text(seconds_between('changed_at', 'next_changed_at')) }} as detail
    from handoffs

    union all

    select
        'overwritten_after_handoff' as signature,
        record_sk,
        cast(null as {{ text }}) as part,
        field,
        change_number,
        changed_at as occurred_at,
        signature_window,
        is_overwritten as is_hit,
        overwritten_change_id as related_id,
        overwritten_changed_at as related_at,
        overwritten_field
        || case when overwritten_new_value is null then ' blanked ' else ' overwritten ' end
        || {{ duration_text(seconds_between('changed_at', 'overwritten_changed_at')) }}
        || ' after the handoff' as detail
    from handoffs

    union all

    select
        'born_duplicate_after_routing' as signature,
        record_sk,
        cast(null as {{ text }}) as part,
        cast(null as {{ text }}) as field,
        cast(null as {{ bigint }}) as change_number,
        created_at as occurred_at,
        signature_window,
        routed_at is not null as is_hit,
        routing_id as related_id,
        routed_at as related_at,
        'created ' || {{ duration_text(seconds_between('routed_at', 'created_at')) }}
        || ' after a duplicate of it was routed' as detail
    from routed_births
    where place = 1

    union all

    -- The stay starts with the change that gave the record to the queue, or with its creation.
    select
        'long_in_queue' as signature,
        record_sk,
        cast(opened_at as {{ text }}) as part,
        case when period_number > 1 then 'owner_id' end as field,
        case when period_number > 1 then cast(period_number - 1 as {{ bigint }}) end
            as change_number,
        started_at as occurred_at,
        signature_window,
        waited_until > {{ later('started_at', 86400, threshold('queue_wait__days')) }} as is_hit,
        cast(null as {{ text }}) as related_id,
        ended_at as related_at,
        'in queue ' || owner_id || ' for '
        || {{ duration_text(seconds_between('started_at', 'waited_until')) }}
        || case when ended_at is null then ', still waiting' else '' end as detail
    from waits
),

final as (
    select
        cases.signature,
        cases.record_sk,
        records.record_key,
        records.crm,
        records.object_type,
        cases.part,
        cases.field,
        cases.change_number,
        cases.occurred_at,
        cases.signature_window,
        cases.is_hit,
        case when cases.is_hit then cases.related_id end as related_id,
        case when cases.is_hit then cases.related_at end as related_at,
        case when cases.is_hit then cases.detail end as detail
    from cases
    inner join {{ ref('int_crm__records') }} as records on cases.record_sk = records.record_sk
    where cases.signature_window is not null
)

select * from final
