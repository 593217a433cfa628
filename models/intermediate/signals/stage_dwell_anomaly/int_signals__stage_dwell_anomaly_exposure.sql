-- One row per stay in an open stage, until it is completed and for as long as that is in the
-- window, and per stay that is out of the usual: from the limit on, one too short at its end.
{{ config(materialized='view') }}

with records as (
    select
        record_sk,
        deleted_at
    from {{ ref('int_crm__records') }}
),

periods as (
    select
        record_sk,
        cast(period_number as {{ dbt.type_string() }}) as part,
        started_at,
        ended_at,
        is_live
    from {{ ref('int_history__stage_periods') }}
    where not is_terminal
),

anomalies as (
    select * from {{ ref('int_signals__stage_dwell_anomaly') }}
),

stays as (
    select
        periods.record_sk,
        periods.part,
        periods.started_at,
        -- A stay that no change completes counts only while it lasts.
        periods.ended_at is null as is_state,
        case
            when periods.ended_at is null and not periods.is_live
                then coalesce(records.deleted_at, periods.started_at)
            else periods.ended_at
        end as ended_at
    from periods
    inner join records on periods.record_sk = records.record_sk
),

final as (
    select
        record_sk,
        record_sk as unit_sk,
        {{ seconds_before_as_of('started_at') }} as from_age,
        {{ seconds_before_as_of('ended_at') }} as until_age,
        is_state,
        false as has_evidence,
        part
    from stays

    union all

    select
        record_sk,
        record_sk as unit_sk,
        -- From the first whole microsecond after the limit: reaching it is not yet stuck. What a
        -- limit is short of a microsecond by less than a thousandth is rounding.
        case
            when stuck_from_at is not null
                then
                    {{ seconds_before_as_of('started_at') }}
                    - floor(long_seconds * 1000000 + 0.001) / 1000000
                    - 0.000001
            else {{ seconds_before_as_of('occurred_at') }}
        end as from_age,
        {{ seconds_before_as_of('ended_at') }} as until_age,
        variant not in ('too_short', 'too_long') as is_state,
        true as has_evidence,
        part
    from anomalies
)

select * from final
