{{ config(materialized='view') }}

{%- set text = dbt.type_string() %}
-- What the landed records themselves say of the fields that histories tell, as text.
with landed as (
    {%- set objects = [
        ('opportunity', 'stg_crm__opportunities', ['stage', 'owner_id', 'amount', 'close_date', 'lead_source', 'next_step', 'forecast_category']),
        ('lead', 'stg_crm__leads', ['status', 'owner_id', 'lead_source', 'consent_status', 'do_not_contact']),
        ('contact', 'stg_crm__contacts', ['owner_id', 'lead_source', 'lifecycle_stage', 'consent_status', 'do_not_contact']),
        ('account', 'stg_crm__accounts', ['owner_id', 'lifecycle_stage']),
        ('case', 'stg_crm__cases', ['status', 'owner_id']),
    ] %}
    {%- for object_type, model, fields in objects %}
    select
        records.record_key,
        fields.field,
        case fields.field
            {%- for field in fields %}
            when '{{ field }}' then
                {%- if field == 'amount' %} {{ plain_decimal('records.amount') }}
                {%- elif field == 'consent_status' %} nullif(records.consent_status, 'unknown')
                {%- else %} cast(records.{{ field }} as {{ text }})
                {%- endif %}
            {%- endfor %}
        end as current_value
    from {{ ref(model) }} as records
    cross join (
        {%- for field in fields %}
        select '{{ field }}' as field
            {%- if not loop.last %}
        union all
            {%- endif %}
        {%- endfor %}
    ) as fields
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
