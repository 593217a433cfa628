-- One row per signal, CRM, object type and segment in watch or alert and live record with evidence
-- in the window: money at stake first, then the latest.
with rates as (
    select * from {{ ref('int_signals__daily_rates') }}
),

occurrences as (
    select * from {{ ref('int_root_cause__occurrences') }}
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
    from rates
    where is_last_day and status in ('watch', 'alert')
),

evidence as (
    select
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
    from occurrences
    where
        kind = 'signal'
        and is_live
        and occurred_at > {{ later(as_of(), -86400, threshold('rate_window_days')) }}
    group by
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

final as (
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
)

select * from final
