-- One row per record: its own activities and campaign responses, of whatever age.
with links as (
    select *
    from {{ ref('int_lifecycle__activity_links') }}
    where record_sk is not null
),

records as (
    select
        record_sk,
        crm,
        object_type,
        record_id
    from {{ ref('int_crm__records') }}
    where object_type in ('contact', 'lead')
),

campaign_touches as {{ inlined() }} (
    select * from {{ ref('stg_crm__campaign_touches') }}
),

responses as (
    {%- for object_type in ['contact', 'lead'] %}
        select
            records.record_sk,
            touches.touched_at
        from campaign_touches as touches
        inner join records
            on
                touches.crm = records.crm
                and records.object_type = '{{ object_type }}'
                and touches.{{ object_type }}_id = records.record_id
        where touches.has_responded
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

signs as (
    select
        record_sk,
        occurred_at,
        activity_id,
        is_live,
        is_ahead,
        is_automated,
        is_engagement,
        false as is_response
    from links

    union all

    select
        record_sk,
        touched_at as occurred_at,
        cast(null as {{ dbt.type_string() }}) as activity_id,
        false as is_live,
        false as is_ahead,
        false as is_automated,
        true as is_engagement,
        true as is_response
    from responses
),

final as (
    select
        record_sk,
        count(activity_id) as n_activities,
        count(case when is_response then 1 end) as n_responses,
        -- What ties a record to something: not what a machine sent.
        count(
            case
                when
                    not is_response
                    and (not coalesce(is_automated, false) or coalesce(is_engagement, true))
                    then 1
            end
        ) as n_by_hand,
        max(case when is_ahead then 1 else 0 end) = 1 as has_activity_ahead,
        max(case when is_engagement then occurred_at end) as last_engagement_at,
        max(case when is_engagement or is_engagement is null then occurred_at end)
            as last_possible_engagement_at,
        min(case when is_live then activity_id end) as dependent_activity_id
    from signs
    group by record_sk
)

select * from final
