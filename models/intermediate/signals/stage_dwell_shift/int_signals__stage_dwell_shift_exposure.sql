-- One row per stage of a segment and week that can be compared with the week before, at the week's
-- end: stages are counted. Any of a stage's records tells whose CRM, object type and segment it is.
{{ config(materialized='view') }}

with weeks as (
    select * from {{ ref('int_signals__stage_dwell_weeks') }}
),

judged as (
    select
        record_sk,
        dense_rank() over (
            order by
                crm, object_type, pipeline nulls first, stage nulls first, segment nulls first
        ) as stage_sk,
        week_ended_at,
        is_shift
    from weeks
    where is_judged
),

final as (
    select {{ exposed('week_ended_at', unit_sk='stage_sk', has_evidence='is_shift') }}
    from judged
)

select * from final
