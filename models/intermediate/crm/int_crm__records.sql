{%- set text = dbt.type_string() -%}
{%- set boolean = dbt.type_boolean() -%}
{#- The columns that not every object has, each with its type. -#}
{%- set columns = {
    'account_id': text,
    'pipeline': text,
    'segment': text,
    'region': text,
    'lifecycle_stage': text,
    'amount': type_amount(),
    'close_date': 'date',
    'lead_source': text,
    'next_step': text,
    'forecast_category': text,
    'consent_status': text,
    'do_not_contact': boolean,
    'is_hard_bounced': boolean,
    'is_closed': boolean,
    'last_activity_date': 'date',
} -%}
{#- Each object with the column that is its stage and those of the above that it has. -#}
{%- set objects = [
    ('account', 'stg_crm__accounts', 'cast(null as ' ~ text ~ ')', [
        'account_id', 'segment', 'region', 'lifecycle_stage', 'last_activity_date',
    ]),
    ('contact', 'stg_crm__contacts', 'cast(null as ' ~ text ~ ')', [
        'account_id', 'region', 'lifecycle_stage', 'lead_source', 'consent_status',
        'do_not_contact', 'is_hard_bounced', 'last_activity_date',
    ]),
    ('lead', 'stg_crm__leads', 'status', [
        'segment', 'region', 'lead_source', 'consent_status', 'do_not_contact', 'is_hard_bounced',
        'last_activity_date',
    ]),
    ('opportunity', 'stg_crm__opportunities', 'stage', [
        'account_id', 'pipeline', 'segment', 'region', 'amount', 'close_date', 'lead_source',
        'next_step', 'forecast_category', 'last_activity_date',
    ]),
    ('case', 'stg_crm__cases', 'status', ['account_id', 'is_closed']),
] -%}
{%- set histories = [
    'stage', 'status', 'owner_id', 'amount', 'close_date', 'lead_source', 'next_step',
    'forecast_category', 'consent_status', 'do_not_contact', 'lifecycle_stage',
] -%}
{%- set crm_activity_at
    = 'cast(landed.last_activity_date as ' ~ dbt.type_timestamp() ~ ')' -%}

-- One row per visible record of any object, as it was at as_of: fields with a history from it,
-- others as landed.
with landed as (
    {%- for object_type, model, stage, own_columns in objects %}
        select
            record_key,
            crm,
            '{{ object_type }}' as object_type,
            {{ object_type }}_id as record_id,
            created_at,
            owner_id,
            {{ stage }} as stage,
            {%- for column, type in columns.items() %}
                {%- set nothing = 'cast(null as ' ~ type ~ ')' %}
                {{ column if column in own_columns else nothing }} as {{ column }},
            {%- endfor %}
            is_deleted,
            is_merged,
            is_live,
            deleted_at
        from {{ ref(model) }}
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

told as (
    select
        {%- for field in histories %}
            max(case when field = '{{ field }}' then value_at_as_of end) as {{ field }},
            max(case when field = '{{ field }}' then 1 else 0 end) as has_{{ field }},
        {%- endfor %}
        record_sk
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
