-- One row per deal and span of time in which it was won: won stages that follow each other are
-- one. A deal that was deleted is won no longer.
with stage_periods as (
    select * from {{ ref('int_history__stage_periods') }}
),

records as (
    select * from {{ ref('int_crm__records') }}
),

judged as (
    select
        periods.record_sk,
        periods.period_number,
        periods.started_at,
        periods.ended_at,
        coalesce(
            case when periods.is_current then records.stage_kind else periods.stage_kind end
            = 'won',
            false
        ) as is_won,
        case when records.is_live then null else coalesce(records.deleted_at, records.created_at)
        end as gone_at
    from stage_periods as periods
    inner join records on periods.record_sk = records.record_sk
    where periods.object_type = 'opportunity'
),

numbered as (
    select
        *,
        sum(case when is_won then 0 else 1 end) over (
            partition by record_sk order by period_number
        ) as n_others_before
    from judged
),

spans as (
    select
        record_sk,
        min(started_at) as won_at,
        case when count(ended_at) = count(*) then max(ended_at) end as reopened_at,
        min(gone_at) as gone_at
    from numbered
    where is_won
    group by record_sk, n_others_before
),

final as (
    select
        record_sk,
        won_at,
        case
            when gone_at is null or gone_at > reopened_at then reopened_at
            else gone_at
        end as won_until
    from spans
    where gone_at is null or gone_at > won_at
)

select * from final
