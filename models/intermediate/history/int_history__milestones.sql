-- One row per record that ever reached a milestone stage: when it first did.
with final as (
    select
        record_sk,
        min(started_at) as first_milestone_at
    from {{ ref('int_history__stage_periods') }}
    where is_milestone
    group by record_sk
)

select * from final
