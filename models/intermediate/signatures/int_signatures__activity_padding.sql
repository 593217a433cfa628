-- One row per activity that a person has done in the windows: is it one of too many of low value
-- that its owner has on that business day? They count together, however many records they are on.
{%- set text = dbt.type_string() %}
with activities as (
    select * from {{ ref('stg_crm__activities') }}
),

users as (
    select
        crm,
        user_id,
        kind
    from {{ ref('stg_crm__users') }}
),

-- From a day before the windows, so that the day in which one starts is counted whole.
done as (
    select
        activities.record_key,
        activities.crm,
        activities.owner_id,
        activities.occurred_at,
        {{ signature_window('activities.occurred_at') }} as signature_window,
        cast({{ business_time('activities.occurred_at') }} as date) as business_day,
        activities.activity_type in ('task', 'note')
        or (activities.activity_type = 'email' and activities.direction is null) as is_low_value
    from activities
    left join users
        on activities.crm = users.crm and activities.owner_id = users.user_id
    where
        activities.is_live
        and not activities.is_planned
        and not coalesce(activities.is_automated, false)
        and coalesce(activities.status, 'done') = 'done'
        and activities.owner_id is not null
        and coalesce(users.kind, 'human') = 'human'
        and activities.occurred_at > {{ later(signature_window_end(2), -86400, 1) }}
),

counted as (
    select
        *,
        count(case when is_low_value then 1 end) over (
            partition by crm, owner_id, business_day
        ) as n_low_value
    from done
),

judged as (
    select
        *,
        is_low_value and n_low_value >= {{ threshold('activity_padding__per_day') }} as is_hit
    from counted
    where signature_window is not null
),

final as (
    select
        cast(null as {{ dbt.type_bigint() }}) as record_sk,
        record_key,
        crm,
        'activity' as object_type,
        cast(null as {{ text }}) as part,
        cast(null as {{ text }}) as field,
        cast(null as {{ dbt.type_bigint() }}) as change_number,
        occurred_at,
        signature_window,
        is_hit,
        cast(null as {{ text }}) as related_id,
        cast(null as {{ dbt.type_timestamp() }}) as related_at,
        case
            when is_hit
                then
                    cast(cast(n_low_value as integer) as {{ text }})
                    || ' tasks, notes and e-mails without direction by ' || owner_id
                    || ' on ' || cast(business_day as {{ text }})
        end as detail
    from judged
)

select * from final
