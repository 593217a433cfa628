-- One row per visible record of any object, as it was at as_of: fields with a history from it,
-- others as landed. Where a record was modified after the history's last word, the history stopped
-- before the record did, and what the landed record says counts.
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

accounts as (
    select * from {{ ref('stg_crm__accounts') }}
),

landed as (
    {{ landed_records() }}
),

told as (
    select
        {%- for field in histories %}
            max(case when field = '{{ field }}' then value_at_as_of end) as {{ field }},
            max(case when field = '{{ field }}' then told_at end) as {{ field }}_told_at,
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
        landed.has_creation_date,
        landed.account_id,
        landed.pipeline,
        -- The marts keep the word all for every segment together.
        case when landed.segment = 'all' then 'all (segment)' else landed.segment end as segment,
        -- A deal or case without a region of its own is where its account is.
        case
            when not {{ is_blank('landed.region') }} then landed.region
            when landed.object_type in ('opportunity', 'case') then accounts.region
        end as region,
        landed.is_hard_bounced,
        landed.currency,
        landed.is_closed,
        landed.is_won,
        landed.updated_at,
        landed.stage as landed_stage,
        landed.is_deleted,
        landed.is_merged,
        landed.is_live,
        landed.deleted_at,
        case
            when
                landed.object_type = 'opportunity'
                and {{ is_told('stage', 'stage') }}
                then told.stage
            when
                landed.object_type in ('lead', 'case')
                and {{ is_told('status', 'stage') }}
                then told.status
            else landed.stage
        end as stage,
        case
            when
                {{ is_told('owner_id', 'owner_id') }}
                then told.owner_id
            else landed.owner_id
        end as owner_id,
        case
            when
                {{ is_told('amount', 'amount') }}
                then {{ parse_value('told.amount', 'text', 'numeric') }}
            else landed.amount
        end as amount,
        case
            when
                {{ is_told('close_date', 'close_date') }}
                then {{ parse_value('told.close_date', 'text', 'date') }}
            else landed.close_date
        end as close_date,
        {%- for field in ['lead_source', 'next_step', 'forecast_category', 'lifecycle_stage'] %}
            case
                when
                    {{ is_told(field, field) }}
                    then told.{{ field }}
                else landed.{{ field }}
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
    left join accounts
        on
            landed.crm = accounts.crm
            -- In the key, since a condition on one side alone keeps engines from hashing the join.
            and case when landed.object_type in ('opportunity', 'case') then landed.account_id end
            = accounts.account_id
),

-- The flags of a deal speak of the stage that it is landed in; of one without a stage they speak
-- where it was not modified since as_of.
with_stage as (
    select
        as_of_values.*,
        stages.stage_order,
        case
            when as_of_values.object_type = 'case'
                then case when as_of_values.is_closed then 'closed' else 'open' end
            when
                as_of_values.object_type <> 'opportunity'
                or coalesce(stages.is_kind_of_policy, false)
                or not coalesce(
                    as_of_values.stage = as_of_values.landed_stage,
                    as_of_values.stage is null and as_of_values.updated_at <= {{ as_of() }},
                    false
                )
                then stages.kind
            when as_of_values.is_won then 'won'
            when as_of_values.is_closed and not as_of_values.is_won then 'lost'
            when not as_of_values.is_closed then 'open'
            -- Closed, and whether won is not said: its stage tells, if that is closed.
            when as_of_values.is_closed and stages.kind = 'open' then null
            else stages.kind
        end as stage_kind
    from as_of_values
    left join stages
        on
            as_of_values.crm = stages.crm
            and as_of_values.object_type = stages.object_type
            and coalesce(as_of_values.pipeline, '') = stages.pipeline
            and as_of_values.stage = stages.stage
),

final as (
    select
        record_sk,
        record_key,
        crm,
        object_type,
        record_id,
        created_at,
        has_creation_date,
        updated_at,
        account_id,
        pipeline,
        segment,
        region,
        is_hard_bounced,
        case when object_type = 'case' then is_closed end as is_closed_case,
        is_deleted,
        is_merged,
        is_live,
        deleted_at,
        stage,
        owner_id,
        amount,
        currency,
        close_date,
        lead_source,
        next_step,
        forecast_category,
        lifecycle_stage,
        consent_status,
        do_not_contact,
        first_activity_at,
        last_activity_at,
        stage_order,
        stage_kind,
        case
            when object_type in ('opportunity', 'case') then stage_kind
            when object_type = 'lead' then lower(stage)
            else lower(lifecycle_stage)
        end as inventory_stage
    from with_stage
)

select * from final
