with landed as (
    select
        'salesforce' as crm,
        'case' as object_type,
        id as record_id,
        'entitlement' as sla,
        sla_start_date as started_at,
        sla_exit_date as due_at,
        case when is_stopped then stop_start_date else closed_date end as stopped_at,
        cast(null as {{ dbt.type_bigint() }}) as paused_seconds
    from {{ ref('base_salesforce__case') }}
    where
        landing_status = 'staged'
        and is_latest_version
        and sla_start_date is not null
        and sla_exit_date is not null

    union all

    select
        'hubspot' as crm,
        'case' as object_type,
        id as record_id,
        'first_response' as sla,
        property_createdate as started_at,
        property_hs_time_to_first_response_sla_at as due_at,
        property_first_agent_reply_date as stopped_at,
        cast(null as {{ dbt.type_bigint() }}) as paused_seconds
    from {{ ref('base_hubspot__ticket') }}
    where
        landing_status = 'staged'
        and is_latest_version
        and property_hs_time_to_first_response_sla_at is not null

    union all

    select
        'hubspot' as crm,
        'case' as object_type,
        id as record_id,
        'close' as sla,
        property_createdate as started_at,
        property_hs_time_to_close_sla_at as due_at,
        property_closed_date as stopped_at,
        cast(null as {{ dbt.type_bigint() }}) as paused_seconds
    from {{ ref('base_hubspot__ticket') }}
    where
        landing_status = 'staged'
        and is_latest_version
        and property_hs_time_to_close_sla_at is not null

    union all

    select
        'open' as crm,
        object_type,
        record_id,
        sla,
        started_at,
        due_at,
        stopped_at,
        paused_seconds
    from {{ ref('base_open__sla_clocks') }}
    where landing_status = 'staged'
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(
            ['crm', 'object_type', 'record_id', 'sla', 'started_at']
        ) }} as sla_clock_key,
        {{ record_key('crm', 'object_type', 'record_id') }} as record_key,
        crm,
        object_type,
        record_id,
        sla,
        started_at,
        due_at,
        case when stopped_at <= {{ as_of() }} then stopped_at end as stopped_at,
        paused_seconds
    from landed
    where started_at <= {{ as_of() }}
)

select * from final
