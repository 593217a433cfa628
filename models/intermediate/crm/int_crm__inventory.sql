-- One row per CRM, object type, lifecycle stage and region: the live records, how old and how well
-- kept they are.
{{ config(materialized='view') }}

{%- set text = dbt.type_string() -%}
{%- set boolean = dbt.type_boolean() %}
with records as (
    select
        crm,
        object_type,
        inventory_stage as lifecycle_stage,
        region,
        owner_id,
        is_hard_bounced,
        case when consent_status is not null then consent_status <> 'unknown' end
            as is_consent_known,
        first_activity_at,
        last_activity_at,
        coalesce(last_activity_at, created_at) as last_touched_at
    from {{ ref('int_crm__records') }}
    where is_live
),

activities as (
    select
        crm,
        'activity' as object_type,
        activity_type as lifecycle_stage,
        cast(null as {{ text }}) as region,
        owner_id,
        cast(null as {{ boolean }}) as is_hard_bounced,
        cast(null as {{ boolean }}) as is_consent_known,
        case when not is_planned then occurred_at end as first_activity_at,
        case when not is_planned then occurred_at end as last_activity_at,
        occurred_at as last_touched_at
    from {{ ref('stg_crm__activities') }}
    where is_live
),

owners as (
    select
        crm,
        object_type
    from {{ ref('int_crm__inputs') }}
    where input = 'owner_id'
),

unioned as (
    select * from records
    union all
    select * from activities
),

final as (
    select
        unioned.crm,
        unioned.object_type,
        coalesce(unioned.lifecycle_stage, 'unknown') as lifecycle_stage,
        coalesce(unioned.region, 'unknown') as region,
        count(*) as n_records,
        count(case when unioned.last_touched_at <= {{ months_before_as_of(12) }} then 1 end)
            as n_stale_12m,
        count(case when unioned.last_touched_at <= {{ months_before_as_of(24) }} then 1 end)
            as n_stale_24m,
        sum(
            case
                when owners.crm is null and unioned.object_type <> 'activity' then null
                when {{ strip('unioned.owner_id') }} is null then 1
                else 0
            end
        ) as n_no_owner,
        sum(case when unioned.is_hard_bounced then 1 when not unioned.is_hard_bounced then 0 end)
            as n_hard_bounced,
        sum(case when unioned.is_consent_known then 1 when not unioned.is_consent_known then 0 end)
            as n_consent_known,
        min(unioned.first_activity_at) as oldest_activity_at,
        max(unioned.last_activity_at) as newest_activity_at
    from unioned
    left join owners
        on unioned.crm = owners.crm and unioned.object_type = owners.object_type
    group by
        unioned.crm,
        unioned.object_type,
        coalesce(unioned.lifecycle_stage, 'unknown'),
        coalesce(unioned.region, 'unknown')
)

select * from final
