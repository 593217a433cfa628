-- One row per live contact or lead × reason to leave it alone that was still turned to since then.
{%- set text = dbt.type_string() -%}
{%- set bigint = dbt.type_bigint() %}
with outreach as (
    select * from {{ ref('int_lifecycle__outreach') }}
),

opt_outs as (
    select * from {{ ref('int_lifecycle__opt_outs') }}
),

candidate_reviews as (
    select * from {{ ref('candidate_reviews') }}
),

inputs as (
    select * from {{ ref('int_lifecycle__outreach_inputs') }}
),

records as (
    select
        record_key,
        record_id,
        owner_id
    from {{ ref('int_crm__records') }}
),

-- A review that has not ended keeps nobody from writing.
left_alone as (
    select
        record_key,
        'archived' as reason,
        coalesce(last_reviewed_at, review_due_at) as since_at
    from candidate_reviews
    where cleared_for is not null

    union all

    select
        record_key,
        'opted_out' as reason,
        since_at
    from opt_outs
),

ranked as (
    select
        outreach.*,
        left_alone.reason,
        left_alone.since_at,
        row_number() over (
            partition by outreach.record_key, left_alone.reason
            order by
                outreach.contacted_at desc, outreach.way asc, outreach.campaign_id asc nulls last
        ) as place
    from left_alone
    inner join outreach
        on
            left_alone.record_key = outreach.record_key
            and left_alone.since_at < outreach.contacted_at
    inner join inputs
        on
            outreach.crm = inputs.crm
            and outreach.object_type = inputs.object_type
            and left_alone.reason = inputs.reason
            and inputs.is_landed
),

counted as (
    select
        record_key,
        crm,
        object_type,
        reason,
        since_at,
        count(*) as n_contacts,
        count(case when way = 'campaign' then 1 end) as n_campaigns,
        min(contacted_at) as first_contacted_at,
        max(contacted_at) as last_contacted_at,
        max(case when place = 1 then way end) as last_way,
        max(case when place = 1 then campaign_id end) as last_campaign_id
    from ranked
    group by record_key, crm, object_type, reason, since_at
),

final as (
    select
        cast(counted.record_key as {{ text }}) as record_key,
        cast(counted.crm as {{ text }}) as crm,
        cast(counted.object_type as {{ text }}) as object_type,
        cast(records.record_id as {{ text }}) as record_id,
        cast(counted.reason as {{ text }}) as reason,
        counted.since_at,
        cast(counted.n_contacts as {{ bigint }}) as n_contacts,
        cast(counted.n_campaigns as {{ bigint }}) as n_campaigns,
        counted.first_contacted_at,
        counted.last_contacted_at,
        cast(counted.last_way as {{ text }}) as last_way,
        cast(counted.last_campaign_id as {{ text }}) as last_campaign_id,
        cast(records.owner_id as {{ text }}) as owner_id
    from counted
    inner join records on counted.record_key = records.record_key
)

select * from final
