{#- The visible records of all objects as they are landed, one select below the other: a column that an object does not have
    is NULL there. -#}
{% macro landed_records() -%}
    {%- set text = dbt.type_string() -%}
    {%- set types = {
        'stage': text,
        'account_id': text,
        'pipeline': text,
        'segment': text,
        'region': text,
        'lifecycle_stage': text,
        'amount': crm_hygiene.type_amount(),
        'currency': text,
        'close_date': 'date',
        'lead_source': text,
        'next_step': text,
        'forecast_category': text,
        'consent_status': text,
        'do_not_contact': dbt.type_boolean(),
        'is_hard_bounced': dbt.type_boolean(),
        'is_closed': dbt.type_boolean(),
        'is_won': dbt.type_boolean(),
        'last_activity_date': 'date',
    } -%}
    {%- set own = {
        'account': ['account_id', 'segment', 'region', 'lifecycle_stage', 'last_activity_date'],
        'contact': [
            'account_id', 'region', 'lifecycle_stage', 'lead_source', 'consent_status', 'do_not_contact',
            'is_hard_bounced', 'last_activity_date',
        ],
        'lead': [
            'status', 'segment', 'region', 'lead_source', 'consent_status', 'do_not_contact', 'is_hard_bounced',
            'last_activity_date',
        ],
        'opportunity': [
            'stage', 'account_id', 'pipeline', 'segment', 'region', 'amount', 'currency', 'close_date', 'lead_source',
            'next_step', 'forecast_category', 'is_closed', 'is_won', 'last_activity_date',
        ],
        'case': ['status', 'account_id', 'is_closed'],
    } -%}
    {%- for object_type, model in crm_hygiene.crm_objects().items() %}
        select
            record_key,
            crm,
            '{{ object_type }}' as object_type,
            {{ object_type }}_id as record_id,
            created_at,
            has_creation_date,
            owner_id,
            {%- for column, type in types.items() %}
                {%- if column in own[object_type] %}
            {{ column }},
                {%- elif column == 'stage' and 'status' in own[object_type] %}
            status as stage,
                {%- else %}
            cast(null as {{ type }}) as {{ column }},
                {%- endif %}
            {%- endfor %}
            updated_at,
            is_deleted,
            is_merged,
            is_live,
            deleted_at
        from {{ ref(model) }}
        {%- if not loop.last %}

        union all
        {% endif %}
    {%- endfor %}
{%- endmacro %}
