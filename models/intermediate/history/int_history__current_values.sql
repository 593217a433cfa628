{{ config(materialized='view') }}

{%- set text = dbt.type_string() %}
{%- set objects = [
    ('opportunity', 'stg_crm__opportunities', [
        'stage', 'owner_id', 'amount', 'close_date', 'lead_source', 'next_step',
        'forecast_category',
    ]),
    ('lead', 'stg_crm__leads', [
        'status', 'owner_id', 'lead_source', 'consent_status', 'do_not_contact',
    ]),
    ('contact', 'stg_crm__contacts', [
        'owner_id', 'lead_source', 'lifecycle_stage', 'consent_status', 'do_not_contact',
    ]),
    ('account', 'stg_crm__accounts', ['owner_id', 'lifecycle_stage']),
    ('case', 'stg_crm__cases', ['status', 'owner_id']),
] %}
{%- set as_text = {
    'amount': plain_decimal('records.amount'),
    'consent_status': "nullif(records.consent_status, 'unknown')",
} %}
{%- set rows = [] %}
{%- for object_type, _, fields in objects %}
    {%- for field in fields %}
        {%- do rows.append(["'" ~ object_type ~ "'", "'" ~ field ~ "'"]) %}
    {%- endfor %}
{%- endfor %}

-- What the landed records themselves say of the fields that histories tell, as text.
with fields as (
    select
        object_type,
        field
    from {{ literal_rows(['object_type', 'field'], rows) }}
),

landed as (
    {%- for object_type, model, own_fields in objects %}
        select
            records.record_key,
            fields.field,
            case fields.field
                {%- for field in own_fields %}
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
        landed.record_key,
        landed.field,
        {{ blank_to_null('landed.current_value', 'blanks.placeholder') }} as current_value
    from landed
    left join {{ ref('blank_placeholders') }} as blanks
        on lower({{ strip('landed.current_value') }}) = blanks.placeholder
)

select * from final
