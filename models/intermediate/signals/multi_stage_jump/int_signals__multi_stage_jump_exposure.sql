-- One row per stretch for which a record was open, and per change of its stage, which exposes it
-- also where it is closed.
{{ config(materialized='view') }}

with spans as (
    select * from {{ ref('int_history__open_spans') }}
),

changes as (
    select
        record_sk,
        change_number,
        changed_at
    from {{ ref('int_history__stage_changes') }}
),

jumps as (
    select
        record_sk,
        change_number
    from {{ ref('int_signals__multi_stage_jump') }}
),

judged as (
    select
        changes.record_sk,
        changes.change_number,
        changes.changed_at,
        jumps.record_sk is not null as is_jump
    from changes
    left join jumps
        on changes.record_sk = jumps.record_sk and changes.change_number = jumps.change_number
),

final as (
    select
        {{ exposed('opened_at', 'closed_at') }},
        cast(null as {{ dbt.type_bigint() }}) as change_number
    from spans

    union all

    select
        {{ exposed('changed_at', has_evidence='is_jump') }},
        change_number
    from judged
)

select * from final
