-- One row per signal, CRM, object type and segment that is to be reviewed and live record with
-- evidence: open records first, then the farthest outside, then the money at stake. To review is
-- what is in watch or alert, what is too small to be judged by its rate, and time in a stage
-- whatever its rate.
with rates as (
    select * from {{ ref('int_signals__daily_rates') }}
),

examples as (
    select * from {{ ref('int_review__examples') }}
),

signals as (
    select
        crm,
        signal,
        object_type,
        segment,
        signal_date,
        status,
        rate,
        numerator,
        denominator
    from rates
    where
        is_last_day
        and (
            status in ('watch', 'alert', 'insufficient_data')
            or (status = 'ok' and segment = 'all' and signal = 'stage_dwell_anomaly')
        )
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
        signals.numerator,
        signals.denominator,
        examples.record_key,
        examples.record_id,
        examples.owner_id,
        examples.team,
        examples.amount,
        examples.is_open,
        examples.stage,
        examples.days,
        examples.usual_days,
        examples.days_outside,
        examples.detail,
        examples.n_occurrences,
        examples.last_occurred_at,
        row_number() over (
            partition by signals.crm, signals.signal, signals.object_type, signals.segment
            order by
                case when examples.is_open then 0 else 1 end,
                floor(examples.days_outside) desc nulls last,
                examples.amount desc nulls last,
                examples.days_outside desc nulls last,
                examples.n_occurrences desc,
                examples.last_occurred_at desc,
                examples.record_key asc
        ) as review_rank
    from signals
    inner join examples
        on
            signals.signal = examples.signal
            and signals.crm = examples.crm
            and signals.object_type = examples.object_type
    where
        signals.segment = 'all'
        or (signals.segment is not distinct from examples.segment)
)

select * from final
