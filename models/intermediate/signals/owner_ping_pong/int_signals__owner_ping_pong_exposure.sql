-- One row per stretch for which a record was open, and per change of its owner, which exposes it
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
    from {{ ref('stg_crm__field_changes') }}
    where not is_orphan and field = 'owner_id'
),

ping_pongs as (
    select
        record_sk,
        change_number
    from {{ ref('int_signals__owner_ping_pong') }}
),

judged as (
    select
        changes.record_sk,
        changes.change_number,
        changes.changed_at,
        ping_pongs.record_sk is not null as is_ping_pong
    from changes
    left join ping_pongs
        on
            changes.record_sk = ping_pongs.record_sk
            and changes.change_number = ping_pongs.change_number
),

final as (
    select
        {{ exposed('opened_at', 'closed_at') }},
        cast(null as {{ dbt.type_bigint() }}) as change_number
    from spans

    union all

    select
        {{ exposed('changed_at', has_evidence='is_ping_pong') }},
        change_number
    from judged
)

select * from final
