-- One row per CRM, object type, lifecycle stage and region: the live records, how old and how well
-- kept they are.
{{ config(materialized='view') }}

{%- set text = dbt.type_string() -%}
{%- set boolean = dbt.type_boolean() -%}
{%- set timestamp = dbt.type_timestamp() -%}
{#- What is counted only where it is landed: the count, the inputs that it needs, the records. -#}
{%- set counts = {
    'n_no_owner': (['owner_id'], "owner_fault = 'no owner'"),
    'n_inactive_owner': (
        ['owner_id', 'users', 'active_users'], "owner_fault <> 'no owner'",
    ),
    'n_no_lead_source': (['lead_source'], 'lacks_lead_source'),
    'n_past_close_date': (['stages', 'close_date'], 'is_past_close_date'),
} %}
with inventoried as (
    select
        record_sk,
        crm,
        object_type,
        inventory_stage,
        region,
        {{ strip('owner_id') }} as owner_id,
        stage_kind,
        close_date,
        is_hard_bounced,
        consent_status,
        first_activity_at,
        last_activity_at,
        created_at,
        updated_at
    from {{ ref('int_crm__records') }}
    where is_live
),

blank_fields as (
    select
        record_sk,
        lacks_lead_source
    from {{ ref('int_crm__blank_fields') }}
),

users as (
    select * from {{ ref('stg_crm__users') }}
),

crm_activities as (
    select
        crm,
        activity_type,
        {{ strip('owner_id') }} as owner_id,
        is_planned,
        occurred_at
    from {{ ref('stg_crm__activities') }}
    where is_live
),

inputs as (
    select * from {{ ref('int_crm__inputs') }}
),

landed as (
    select
        {%- for name, (needs, condition) in counts.items() %}
            count(distinct case when input in ('{{ needs | join("', '") }}') then input end)
            = {{ needs | length }} as has_{{ name }},
        {%- endfor %}
        crm,
        object_type
    from inputs
    group by crm, object_type
),

records as (
    select
        records.crm,
        records.object_type,
        records.inventory_stage as lifecycle_stage,
        records.region,
        {{ owner_fault('records', 'users') }} as owner_fault,
        blank_fields.lacks_lead_source,
        case
            when records.object_type = 'opportunity' and records.stage_kind = 'open'
                then records.close_date < cast({{ business_time(as_of()) }} as date)
        end as is_past_close_date,
        records.is_hard_bounced,
        case when records.consent_status is not null then records.consent_status <> 'unknown' end
            as is_consent_known,
        records.first_activity_at,
        records.last_activity_at,
        {{ last_touched_at('records') }} as last_touched_at,
        case when records.updated_at <= {{ as_of() }} then records.updated_at end as modified_at
    from inventoried as records
    left join blank_fields on records.record_sk = blank_fields.record_sk
    left join users on records.crm = users.crm and records.owner_id = users.user_id
),

activities as (
    select
        activities.crm,
        'activity' as object_type,
        activities.activity_type as lifecycle_stage,
        cast(null as {{ text }}) as region,
        -- Who did it may have left since.
        case when activities.owner_id is null then 'no owner' end as owner_fault,
        cast(null as {{ boolean }}) as lacks_lead_source,
        cast(null as {{ boolean }}) as is_past_close_date,
        cast(null as {{ boolean }}) as is_hard_bounced,
        cast(null as {{ boolean }}) as is_consent_known,
        case when not activities.is_planned then activities.occurred_at end as first_activity_at,
        case when not activities.is_planned then activities.occurred_at end as last_activity_at,
        activities.occurred_at as last_touched_at,
        cast(null as {{ timestamp }}) as modified_at
    from crm_activities as activities
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
        {%- for name, (needs, condition) in counts.items() %}
            sum(
                case
                    when
                        not coalesce(landed.has_{{ name }}, false)
                        {%- if name == 'n_no_owner' %}
                            and unioned.object_type <> 'activity'
                        {%- endif %}
                        then null
                    when unioned.{{ condition }} then 1
                    {%- if name == 'n_past_close_date' %}
                        when unioned.is_past_close_date is null then null
                    {%- endif %}
                    else 0
                end
            ) as {{ name }},
        {%- endfor %}
        sum(case when unioned.is_hard_bounced then 1 when not unioned.is_hard_bounced then 0 end)
            as n_hard_bounced,
        sum(case when unioned.is_consent_known then 1 when not unioned.is_consent_known then 0 end)
            as n_consent_known,
        min(unioned.first_activity_at) as oldest_activity_at,
        max(unioned.last_activity_at) as newest_activity_at,
        min(unioned.modified_at) as oldest_modified_at,
        max(unioned.modified_at) as newest_modified_at
    from unioned
    left join landed
        on unioned.crm = landed.crm and unioned.object_type = landed.object_type
    group by
        unioned.crm,
        unioned.object_type,
        coalesce(unioned.lifecycle_stage, 'unknown'),
        coalesce(unioned.region, 'unknown')
)

select * from final
