-- One row per visible record of any object: what data health asks of it, at as_of.
with records as (
    select * from {{ ref('int_crm__records') }}
),

blank_fields as (
    select * from {{ ref('int_crm__blank_fields') }}
),

milestones as (
    select
        crm,
        object_type,
        pipeline,
        min(stage_order) as first_order
    from {{ ref('int_crm__stage_map') }}
    where is_milestone
    group by crm, object_type, pipeline
),

account_segments as (
    select
        crm,
        record_id as account_id,
        segment
    from records
    where object_type = 'account'
),

final as (
    select
        records.record_sk,
        records.record_key,
        records.crm,
        records.object_type,
        records.record_id,
        case
            when records.object_type in ('contact', 'case') then account_segments.segment
            else records.segment
        end as segment,
        records.account_id,
        records.owner_id,
        records.stage_kind,
        -- Where no stage is a milestone, the win is the first.
        coalesce(
            records.stage_kind = 'won'
            or (records.stage_kind = 'open' and records.stage_order >= milestones.first_order),
            false
        ) as is_past_milestone,
        records.close_date,
        records.last_activity_at,
        records.is_hard_bounced,
        records.consent_status,
        records.do_not_contact,
        {%- for field in health_field_names() %}
            blank_fields.lacks_{{ field }},
        {%- endfor %}
        records.is_live
    from records
    inner join blank_fields on records.record_sk = blank_fields.record_sk
    left join account_segments
        on records.crm = account_segments.crm and records.account_id = account_segments.account_id
    left join milestones
        on
            records.crm = milestones.crm
            and records.object_type = milestones.object_type
            and coalesce(records.pipeline, '') = milestones.pipeline
)

select * from final
