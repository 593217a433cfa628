-- One row per stretch for which a record was open, from its first milestone on, and per instant of
-- a late edit, which exposes it also where it is closed.
{{ config(materialized='view') }}

with spans as (
    select * from {{ ref('int_history__open_spans') }}
),

milestones as (
    select * from {{ ref('int_history__milestones') }}
),

late_edit as (
    select * from {{ ref('int_signals__late_edit') }}
),

-- Several fields may be edited at once.
late_edits as (
    select distinct
        record_sk,
        occurred_at
    from late_edit
),

open_past_milestone as (
    select
        spans.record_sk,
        spans.closed_at,
        greatest(spans.opened_at, milestones.first_milestone_at) as opened_at
    from spans
    inner join milestones on spans.record_sk = milestones.record_sk
),

final as (
    select {{ exposed('opened_at', 'closed_at') }}
    from open_past_milestone

    union all

    select {{ exposed('occurred_at', has_evidence='true') }}
    from late_edits
)

select * from final
