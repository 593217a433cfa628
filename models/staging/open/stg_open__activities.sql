-- One row per activity; when it was planned is not told.
{{ config(materialized='view') }}

with activities as (
    select * from {{ ref('base_open__activities') }}
),

final as (
    select
        activity_id,
        cast(null as {{ dbt.type_timestamp() }}) as known_at,
        occurred_at,
        lower(type) as activity_type,
        -- Any other word tells no more than an empty cell.
        case when lower(direction) in ('inbound', 'outbound') then lower(direction) end
            as direction,
        case lower(status) when 'cancelled' then 'canceled' else lower(status) end as status,
        is_automated,
        cast(null as {{ dbt.type_string() }}) as created_by_id,
        account_id,
        contact_id,
        lead_id,
        opportunity_id,
        owner_id,
        -- A day without a time is landed as its first instant.
        occurred_at = {{ dbt.date_trunc('day', 'occurred_at') }} as is_day_only,
        disposition,
        false as is_deleted
    from activities
    where landing_status = 'staged'
)

select * from final
