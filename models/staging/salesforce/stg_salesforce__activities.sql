-- One row per task or event, in its latest version.
{{ config(materialized='view') }}

with tasks as (
    select * from {{ ref('base_salesforce__task') }}
),

events as (
    select * from {{ ref('base_salesforce__event') }}
),

landed as (
    select
        id as activity_id,
        created_date as known_at,
        case
            when is_closed and completed_date_time is not null then completed_date_time
            -- Entered on the day on which it was done.
            when
                is_closed
                and activity_date in (
                    cast(created_date as date), cast({{ business_time('created_date') }} as date)
                )
                then created_date
            else coalesce(cast(activity_date as {{ dbt.type_timestamp() }}), created_date)
        end as occurred_at,
        activity_date is not null
        and not coalesce(
            is_closed
            and (
                completed_date_time is not null
                or activity_date in (
                    cast(created_date as date), cast({{ business_time('created_date') }} as date)
                )
            ),
            false
        ) as is_day_only,
        call_disposition as disposition,
        case
            when lower(task_subtype) in ('email', 'listemail') then 'email'
            when lower(task_subtype) = 'call' then 'call'
            when lower(type) in ('email', 'call', 'meeting') then lower(type)
            else 'task'
        end as activity_type,
        case when lower(call_type) in ('inbound', 'outbound') then lower(call_type) end
            as direction,
        case when is_closed then 'done' else 'planned' end as status,
        -- A mass e-mail; one by one, its user tells whether a machine made it.
        lower(task_subtype) in ('listemail', 'cadence') as is_automated,
        created_by_id,
        account_id,
        what_id,
        who_id,
        owner_id,
        coalesce(is_deleted, false) or not coalesce(_fivetran_active, true) as is_deleted
    from tasks
    where landing_status = 'staged' and is_latest_version

    union all

    select
        id as activity_id,
        created_date as known_at,
        coalesce(
            start_date_time,
            cast(activity_date as {{ dbt.type_timestamp() }}),
            created_date
        ) as occurred_at,
        start_date_time is null and activity_date is not null as is_day_only,
        cast(null as {{ dbt.type_string() }}) as disposition,
        'meeting' as activity_type,
        cast(null as {{ dbt.type_string() }}) as direction,
        'done' as status,
        false as is_automated,
        created_by_id,
        account_id,
        what_id,
        who_id,
        owner_id,
        coalesce(is_deleted, false) or not coalesce(_fivetran_active, true) as is_deleted
    from events
    where landing_status = 'staged' and is_latest_version
),

-- Who and what tell their object by the first characters of the id.
final as (
    select
        activity_id,
        known_at,
        occurred_at,
        activity_type,
        direction,
        status,
        is_automated,
        created_by_id,
        coalesce(account_id, case when what_id like '001%' then what_id end) as account_id,
        case when who_id like '003%' then who_id end as contact_id,
        case when who_id like '00Q%' then who_id end as lead_id,
        case when what_id like '006%' then what_id end as opportunity_id,
        owner_id,
        is_day_only,
        disposition,
        is_deleted
    from landed
)

select * from final
