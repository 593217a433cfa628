-- One row per record and span of time in which it was open: stage periods that follow each other
-- without a closed stage between them are one.
with stage_periods as (
    select * from {{ ref('int_history__stage_periods') }}
),

records as {{ inlined() }} (
    select * from {{ ref('int_crm__records') }}
),

numbered as (
    select
        record_sk,
        is_terminal,
        is_live,
        started_at,
        ended_at,
        sum(case when is_terminal then 1 else 0 end) over (
            partition by record_sk order by period_number
        ) as n_closed_before
    from stage_periods
),

in_stages as (
    select
        record_sk,
        min(started_at) as opened_at,
        case when count(ended_at) = count(*) then max(ended_at) end as closed_at
    from numbered
    where not is_terminal
    group by record_sk, n_closed_before
),

spans as (
    select
        in_stages.record_sk,
        in_stages.opened_at,
        -- What was deleted at an unknown time counts as deleted at every as_of, so it was never
        -- open.
        case
            when records.is_live then in_stages.closed_at
            when records.deleted_at is null then in_stages.opened_at
            when records.deleted_at > in_stages.closed_at then in_stages.closed_at
            else records.deleted_at
        end as closed_at
    from in_stages
    inner join records on in_stages.record_sk = records.record_sk

    union all

    select
        record_sk,
        created_at as opened_at,
        case when not is_live then coalesce(deleted_at, created_at) end as closed_at
    from records
    where object_type in ('account', 'contact')
),

final as (
    select
        record_sk,
        opened_at,
        closed_at
    from spans
    where closed_at is null or closed_at > opened_at
)

select * from final
