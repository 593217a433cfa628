{%- set text = dbt.type_string() -%}
{%- set no_text = 'cast(null as ' ~ text ~ ')' -%}
{%- set histories = [
    'stage', 'status', 'owner_id', 'amount', 'close_date', 'lead_source', 'next_step',
    'forecast_category', 'consent_status', 'do_not_contact', 'lifecycle_stage',
] -%}

-- One row per visible record of any object, as it was at as_of: fields with a history from it, others as landed.
with landed as (
    {%- set objects = [
        ('account', 'stg_crm__accounts', 'account_id', []),
        ('contact', 'stg_crm__contacts', 'contact_id', ['account_id', 'lead_source', 'consent_status', 'do_not_contact', 'is_hard_bounced', 'lifecycle_stage']),
        ('lead', 'stg_crm__leads', 'lead_id', ['status', 'segment', 'lead_source', 'consent_status', 'do_not_contact', 'is_hard_bounced']),
        ('opportunity', 'stg_crm__opportunities', 'opportunity_id', ['account_id', 'pipeline', 'stage', 'segment', 'amount', 'close_date', 'lead_source', 'next_step', 'forecast_category']),
        ('case', 'stg_crm__cases', 'case_id', ['account_id', 'status']),
    ] -%}
    {%- for object_type, model, id, _ in objects %}
    {%- set has_region = object_type in ('account', 'contact', 'lead', 'opportunity') %}
    {%- set has_activity = object_type != 'case' %}
    select
        record_key,
        crm,
        '{{ object_type }}' as object_type,
        {{ id }} as record_id,
        created_at,
        owner_id,
        {{ 'account_id' if object_type in ('account', 'contact', 'opportunity', 'case') else no_text }} as account_id,
        {{ 'pipeline' if object_type == 'opportunity' else no_text }} as pipeline,
        {{ 'stage' if object_type == 'opportunity' else 'status' if object_type in ('lead', 'case') else no_text }} as stage,
        {{ 'segment' if object_type in ('account', 'lead', 'opportunity') else no_text }} as segment,
        {{ 'region' if has_region else no_text }} as region,
        {{ 'lifecycle_stage' if object_type in ('account', 'contact') else no_text }} as lifecycle_stage,
        {{ 'amount' if object_type == 'opportunity' else 'cast(null as ' ~ type_amount() ~ ')' }} as amount,
        {{ 'close_date' if object_type == 'opportunity' else 'cast(null as date)' }} as close_date,
        {{ 'lead_source' if object_type in ('contact', 'lead', 'opportunity') else no_text }} as lead_source,
        {{ 'next_step' if object_type == 'opportunity' else no_text }} as next_step,
        {{ 'forecast_category' if object_type == 'opportunity' else no_text }} as forecast_category,
        {{ 'consent_status' if object_type in ('contact', 'lead') else no_text }} as consent_status,
        {{ 'do_not_contact' if object_type in ('contact', 'lead') else 'cast(null as ' ~ dbt.type_boolean() ~ ')' }} as do_not_contact,
        {{ 'is_hard_bounced' if object_type in ('contact', 'lead') else 'cast(null as ' ~ dbt.type_boolean() ~ ')' }} as is_hard_bounced,
        {{ 'is_closed' if object_type == 'case' else 'cast(null as ' ~ dbt.type_boolean() ~ ')' }} as is_closed_case,
        {{ 'last_activity_date' if has_activity else 'cast(null as date)' }} as last_activity_date,
        is_deleted,
        is_merged,
        is_live
    from {{ ref(model) }}
        {%- if not loop.last %}

    union all
        {% endif %}
    {%- endfor %}
),

told as (
    select
        record_sk
        {%- for field in histories %},
        max(case when field = '{{ field }}' then value_at_as_of end) as {{ field }},
        max(case when field = '{{ field }}' then 1 else 0 end) as has_{{ field }}
        {%- endfor %}
    from {{ ref('int_history__values_as_of') }}
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
        landed.segment,
        landed.region,
        landed.is_hard_bounced,
        landed.is_closed_case,
        landed.is_deleted,
        landed.is_merged,
        landed.is_live,
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
        case when told.has_{{ field }} = 1 then told.{{ field }} else landed.{{ field }} end as {{ field }},
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
                activities.last_activity_at is null
                or cast(landed.last_activity_date as {{ dbt.type_timestamp() }}) > activities.last_activity_at
                then coalesce(
                    case
                        when cast(landed.last_activity_date as {{ dbt.type_timestamp() }}) <= {{ as_of() }}
                            then cast(landed.last_activity_date as {{ dbt.type_timestamp() }})
                    end,
                    activities.last_activity_at
                )
            else activities.last_activity_at
        end as last_activity_at
    from landed
    inner join {{ ref('base_crm__records') }} as records
        on
            landed.crm = records.crm
            and landed.object_type = records.object_type
            and landed.record_id = records.record_id
    left join told on records.record_sk = told.record_sk
    left join {{ ref('int_crm__last_activities') }} as activities
        on landed.record_key = activities.record_key
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
    left join {{ ref('int_crm__stage_map') }} as stages
        on
            as_of_values.crm = stages.crm
            and as_of_values.object_type = stages.object_type
            and coalesce(as_of_values.pipeline, '') = stages.pipeline
            and as_of_values.stage = stages.stage
)

select * from final
