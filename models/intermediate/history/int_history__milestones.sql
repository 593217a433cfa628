-- One row per record that ever reached a milestone stage: when it first did.
with stage_periods as (
    select * from {{ ref('int_history__stage_periods') }}
),

final as (
    select
        record_sk,
        min(started_at) as first_milestone_at
    from stage_periods
    where is_milestone
    group by record_sk
)

select * from final
