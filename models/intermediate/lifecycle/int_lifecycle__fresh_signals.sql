-- One row per live lost deal or contact that has, or may have, a fresh signal of its own: the last
-- certain one, and why the record should be worked now.
{%- set text = dbt.type_string() %}
with own_signals as (
    select * from {{ ref('int_lifecycle__own_signals') }}
),

activity_links as (
    select
        record_sk,
        occurred_at
    from {{ ref('int_lifecycle__activity_links') }}
    where object_type = 'contact' and is_done and record_sk is not null
),

records as (
    select
        record_sk,
        record_key,
        crm,
        created_at
    from {{ ref('int_lifecycle__records') }}
),

certain as (
    select
        *,
        row_number() over (
            partition by record_sk
            order by signal_at desc, signal asc, activity_id asc, contact_id asc
        ) as place
    from own_signals
    where is_signal
),

last_signals as (
    select * from certain
    where place = 1
),

found as (
    select
        record_sk,
        object_type,
        min(case when is_signal then signal_at end) as first_signal_at
    from own_signals
    group by record_sk, object_type
),

-- How long a contact had been silent when it got in touch.
silences as (
    select
        found.record_sk,
        max(activity_links.occurred_at) as last_done_before_signal_at
    from found
    inner join activity_links
        on found.record_sk = activity_links.record_sk
    where found.object_type = 'contact' and activity_links.occurred_at < found.first_signal_at
    group by found.record_sk
),

measured as (
    select
        found.record_sk,
        records.record_key,
        found.object_type,
        found.first_signal_at,
        silences.last_done_before_signal_at,
        last_signals.signal,
        last_signals.signal_at,
        last_signals.activity_id,
        last_signals.contact_id,
        last_signals.is_signal,
        -- The mail of a buyer who lost several deals is of one of them, and nobody knows of which.
        case
            when found.object_type = 'opportunity' and last_signals.activity_id is not null
                then count(*) over (
                    partition by records.crm, found.object_type, last_signals.activity_id
                )
        end as n_deals,
        case
            when found.object_type = 'opportunity'
                then {{ seconds_between('last_signals.closed_at', 'last_signals.signal_at') }}
            else {{ seconds_between(
                'greatest(records.created_at,'
                ~ ' coalesce(silences.last_done_before_signal_at, records.created_at))',
                'found.first_signal_at'
            ) }}
        end as seconds_before
    from found
    inner join records on found.record_sk = records.record_sk
    left join last_signals on found.record_sk = last_signals.record_sk
    left join silences on found.record_sk = silences.record_sk
),

final as (
    select
        record_sk,
        record_key,
        object_type,
        first_signal_at,
        last_done_before_signal_at,
        is_signal,
        signal,
        signal_at,
        activity_id as signal_activity_id,
        contact_id as signal_contact_id,
        signal || ' on ' || cast(cast({{ business_time('signal_at') }} as date) as {{ text }})
        || case
            when object_type = 'opportunity' then ', ' else ', after a silence of '
        end
        || cast(cast(floor(seconds_before / 86400) as integer) as {{ text }})
        || case
            when object_type = 'opportunity' then ' days after the loss' else ' days'
        end
        || '; no open deal'
        || case
            when n_deals > 1
                then
                    '; of one of '
                    || cast(cast(n_deals as {{ dbt.type_bigint() }}) as {{ text }})
                    || ' lost deals, agree on who answers'
            else ''
        end as why_now
    from measured
)

select * from final
