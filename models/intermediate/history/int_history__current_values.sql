-- One row per visible record and field that histories tell: what the landed record itself says of
-- it, as text.
{{ config(materialized='view') }}

{%- set text = dbt.type_string() %}
{%- set fields = {
    'account': ['owner_id', 'lifecycle_stage'],
    'contact': ['owner_id', 'lead_source', 'lifecycle_stage', 'consent_status', 'do_not_contact'],
    'lead': ['status', 'owner_id', 'lead_source', 'consent_status', 'do_not_contact'],
    'opportunity': [
        'stage', 'owner_id', 'amount', 'close_date', 'lead_source', 'next_step',
        'forecast_category',
    ],
    'case': ['status', 'owner_id'],
} %}
{%- set as_text = {
    'amount': plain_decimal('records.amount'),
    'consent_status': "nullif(records.consent_status, 'unknown')",
} %}
{%- set rows = [] %}
{%- for object_type, own_fields in fields.items() %}
    {%- for field in own_fields %}
        {%- do rows.append([object_type, field]) %}
    {%- endfor %}
{%- endfor %}
with fields as (
    select
        object_type,
        field
    from {{ text_rows(['object_type', 'field'], rows) }}
),

landed as (
    {%- for object_type, model in crm_objects().items() %}
        select
            records.record_key,
            fields.field,
            case fields.field
                {%- for field in fields[object_type] %}
                    {%- set value = 'cast(records.' ~ field ~ ' as ' ~ text ~ ')' %}
                    when '{{ field }}' then {{ as_text.get(field, value) }}
                {%- endfor %}
            end as current_value
        from {{ ref(model) }} as records
        inner join fields on fields.object_type = '{{ object_type }}'
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

final as (
    select
        record_key,
        field,
        {{ blank_to_null('current_value') }} as current_value
    from landed
)

select * from final
