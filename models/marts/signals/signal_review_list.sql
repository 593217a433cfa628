{%- set text = dbt.type_string() -%}
-- The records behind each signal that is in watch or alert: money at stake first, then the latest.
with ranked_days as (
    select
        crm,
        signal,
        object_type,
        segment,
        signal_date,
        status,
        rate,
        row_number() over (
            partition by crm, signal, object_type, segment order by signal_date desc
        ) as place
    from {{ ref('process_signals_daily') }}
    where signal_date <= cast({{ as_of() }} as date)
),

signals as (
    select
        crm,
        signal,
        object_type,
        segment,
        signal_date,
        status,
        rate
    from ranked_days
    where place = 1 and status in ('watch', 'alert')
),

evidence as (
    select
        kind,
        rule_id as signal,
        crm,
        object_type,
        record_sk,
        record_key,
        record_id,
        segment,
        owner_id,
        team,
        amount,
        count(*) as n_occurrences,
        max(occurred_at) as last_occurred_at
    from {{ ref('int_root_cause__occurrences') }}
    where
        kind = 'signal'
        and is_live
        and occurred_at > {{ later(as_of(), -86400, threshold('rate_window_days')) }}
    group by
        kind,
        rule_id,
        crm,
        object_type,
        record_sk,
        record_key,
        record_id,
        segment,
        owner_id,
        team,
        amount
),

ranked as (
    select
        signals.crm,
        signals.signal,
        signals.object_type,
        signals.segment,
        signals.signal_date,
        signals.status,
        signals.rate,
        evidence.record_key,
        evidence.record_id,
        evidence.owner_id,
        evidence.team,
        evidence.amount,
        evidence.n_occurrences,
        evidence.last_occurred_at,
        row_number() over (
            partition by signals.crm, signals.signal, signals.object_type, signals.segment
            order by
                evidence.amount desc nulls last,
                evidence.last_occurred_at desc,
                evidence.record_key asc
        ) as review_rank
    from signals
    inner join evidence
        on
            signals.signal = evidence.signal
            and signals.crm = evidence.crm
            and signals.object_type = evidence.object_type
    where
        signals.segment = 'all'
        or (signals.segment is not distinct from evidence.segment)
),

final as (
    select
        cast(ranked.crm as {{ text }}) as crm,
        cast(ranked.signal as {{ text }}) as signal,
        cast(ranked.object_type as {{ text }}) as object_type,
        cast(ranked.segment as {{ text }}) as segment,
        cast(ranked.review_rank as {{ dbt.type_bigint() }}) as review_rank,
        cast({{ dbt.date_trunc('week', business_time(as_of())) }} as date) as week_start,
        cast(ranked.status as {{ text }}) as status,
        ranked.rate,
        ranked.signal_date,
        cast(ranked.record_key as {{ text }}) as record_key,
        cast(ranked.record_id as {{ text }}) as record_id,
        cast(ranked.owner_id as {{ text }}) as owner_id,
        cast(ranked.team as {{ text }}) as team,
        cast(ranked.amount as {{ type_amount() }}) as amount,
        cast(ranked.n_occurrences as {{ dbt.type_bigint() }}) as n_occurrences,
        ranked.last_occurred_at,
        cast(rules.look_for as {{ text }}) as look_for
    from ranked
    inner join {{ ref('rules') }} as rules
        on ranked.signal = rules.rule_id and rules.kind = 'signal'
    where ranked.review_rank <= {{ threshold('review_list__records') }}
)

select * from final
