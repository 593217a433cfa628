-- One row per case with an entitlement's clock: both its ends are told.
{{ config(materialized='view') }}

with cases as (
    select * from {{ ref('base_salesforce__case') }}
),

final as (
    select
        'case' as object_type,
        id as record_id,
        'entitlement' as sla,
        sla_start_date as started_at,
        sla_exit_date as due_at,
        case when is_stopped then stop_start_date else closed_date end as stopped_at,
        cast(null as {{ dbt.type_bigint() }}) as paused_seconds
    from cases
    where
        landing_status = 'staged'
        and is_latest_version
        and sla_start_date is not null
        and sla_exit_date is not null
)

select * from final
