-- One row per stay of an open record with a queue and window in which it ended or went on: did it
-- last too long? What still waits at the end of a window has waited until then.
{%- set text = dbt.type_string() -%}
{%- set bigint = dbt.type_bigint() -%}
{%- set windows = {'current': as_of(), 'previous': signature_window_end(1)} %}
with owner_periods as (
    select *
    from {{ ref('int_history__owner_periods') }}
    where owner_kind = 'queue'
),

open_spans as (
    select * from {{ ref('int_history__open_spans') }}
),

queued as (
    select
        periods.record_sk,
        periods.record_key,
        periods.crm,
        periods.object_type,
        periods.period_number,
        periods.owner_id,
        spans.opened_at,
        greatest(periods.started_at, spans.opened_at) as started_at,
        case
            when spans.closed_at is null or periods.ended_at < spans.closed_at
                then periods.ended_at
            else spans.closed_at
        end as ended_at
    from owner_periods as periods
    inner join open_spans as spans
        on
            periods.record_sk = spans.record_sk
            and (periods.ended_at is null or periods.ended_at > spans.opened_at)
            and (spans.closed_at is null or periods.started_at < spans.closed_at)
),

waits as (
    {%- for name, ends_at in windows.items() %}
        select
            '{{ name }}' as signature_window,
            record_sk,
            record_key,
            crm,
            object_type,
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

judged as (
    select
        *,
        waited_until > {{ later('started_at', 86400, threshold('queue_wait__days')) }} as is_hit
    from waits
),

-- The stay starts with the change that gave the record to the queue, or with its creation.
final as (
    select
        record_sk,
        record_key,
        crm,
        object_type,
        cast(opened_at as {{ text }}) as part,
        case when period_number > 1 then 'owner_id' end as field,
        case when period_number > 1 then cast(period_number - 1 as {{ bigint }}) end
            as change_number,
        started_at as occurred_at,
        signature_window,
        is_hit,
        cast(null as {{ text }}) as related_id,
        case when is_hit then ended_at end as related_at,
        case
            when is_hit
                then
                    'in queue ' || owner_id || ' for '
                    || {{ duration_text(seconds_between('started_at', 'waited_until')) }}
                    || case when ended_at is null then ', still waiting' else '' end
        end as detail
    from judged
)

select * from final
