-- One row per visible record of any object, as it was at as_of: fields with a history from it,
-- others as landed.
{%- set histories = [
    'stage', 'status', 'owner_id', 'amount', 'close_date', 'lead_source', 'next_step',
    'forecast_category', 'consent_status', 'do_not_contact', 'lifecycle_stage',
] -%}
{%- set crm_activity_at
    = 'cast(landed.last_activity_date as ' ~ dbt.type_timestamp() ~ ')' %}
with records as (
    select * from {{ ref('base_crm__records') }}
),

values_as_of as (
    select * from {{ ref('int_crm__values_as_of') }}
),

activities as (
    select * from {{ ref('int_crm__last_activities') }}
),

stages as (
    select * from {{ ref('int_crm__stage_map') }}
),

landed as (
    {{ landed_records() }}
),

told as (
    select
        {%- for field in histories %}
            max(case when field = '{{ field }}' then value_at_as_of end) as {{ field }},
            max(case when field = '{{ field }}' then 1 else 0 end) as has_{{ field }},
        {%- endfor %}
        record_sk
    from values_as_of
    group by record_sk
),

as_of_values as (
    select
        records.record_sk,
        landed.record_key,
        landed.crm,
        landed.object_type,
        landed.record_id,
        landed.created_at,
        landed.account_id,
        landed.pipeline,
        -- The marts keep the word all for every segment together.
        case when landed.segment = 'all' then 'all (segment)' else landed.segment end as segment,
        landed.region,
        landed.is_hard_bounced,
        landed.is_closed as is_closed_case,
        landed.is_deleted,
        landed.is_merged,
        landed.is_live,
        landed.deleted_at,
        case
            when landed.object_type = 'opportunity' and told.has_stage = 1 then told.stage
            when landed.object_type in ('lead', 'case') and told.has_status = 1 then told.status
            else landed.stage
        end as stage,
        case when told.has_owner_id = 1 then told.owner_id else landed.owner_id end as owner_id,
        case
            when told.has_amount = 1 then {{ parse_value('told.amount', 'text', 'numeric') }}
            else landed.amount
        end as amount,
        case
            when told.has_close_date = 1 then {{ parse_value('told.close_date', 'text', 'date') }}
            else landed.close_date
        end as close_date,
        {%- for field in ['lead_source', 'next_step', 'forecast_category', 'lifecycle_stage'] %}
            case
                when told.has_{{ field }} = 1 then told.{{ field }} else landed.{{ field }}
            end as {{ field }},
        {%- endfor %}
        case
            when landed.object_type not in ('contact', 'lead') then null
            when told.has_consent_status = 1 then {{ consent_status('lower(told.consent_status)') }}
            else landed.consent_status
        end as consent_status,
        case
            when told.has_do_not_contact = 1
                then {{ parse_value('told.do_not_contact', 'text', 'boolean') }}
            else landed.do_not_contact
        end as do_not_contact,
        activities.first_activity_at,
        -- The CRM's own last-activity date stands in where activities are not landed.
        case
            when
                {{ crm_activity_at }} <= {{ as_of() }}
                and (
                    activities.last_activity_at is null
                    or {{ crm_activity_at }} > activities.last_activity_at
                )
                then {{ crm_activity_at }}
            else activities.last_activity_at
        end as last_activity_at
    from landed
    inner join records
        on
            landed.crm = records.crm
            and landed.object_type = records.object_type
            and landed.record_id = records.record_id
    left join told on records.record_sk = told.record_sk
    left join activities on landed.record_key = activities.record_key
),

final as (
    select
        as_of_values.*,
        stages.stage_order,
        case
            when as_of_values.object_type = 'case'
                then case when as_of_values.is_closed_case then 'closed' else 'open' end
            else stages.kind
        end as stage_kind,
        case
            when as_of_values.object_type = 'opportunity' then stages.kind
            when as_of_values.object_type = 'lead' then lower(as_of_values.stage)
            when as_of_values.object_type = 'case'
                then case when as_of_values.is_closed_case then 'closed' else 'open' end
            else lower(as_of_values.lifecycle_stage)
        end as inventory_stage
    from as_of_values
    left join stages
        on
            as_of_values.crm = stages.crm
            and as_of_values.object_type = stages.object_type
            and coalesce(as_of_values.pipeline, '') = stages.pipeline
            and as_of_values.stage = stages.stage
)

select * from final
