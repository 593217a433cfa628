-- One row per visible record of any object: which of the fields that it can be asked for are blank
-- at as_of. NULL where its object has no such field.
{%- set text = dbt.type_string() -%}
{%- set nothing = 'cast(null as ' ~ dbt.type_boolean() ~ ')' -%}
{%- set either_fields = health_either_fields() -%}
{%- set single_fields = health_field_names() | reject('in', either_fields) | list -%}
{%- set models = {
    'account': 'stg_crm__accounts',
    'contact': 'stg_crm__contacts',
    'lead': 'stg_crm__leads',
    'opportunity': 'stg_crm__opportunities',
    'case': 'stg_crm__cases',
} %}
with records as (
    select * from {{ ref('int_crm__records') }}
),

told as (
    select
        record_sk,
        value_at_as_of as loss_reason
    from {{ ref('int_crm__values_as_of') }}
    where field = 'loss_reason'
),

{% for object_type, fields in health_fields().items() %}
    {{ object_type }}_landed as (
        select * from {{ ref(models[object_type]) }}
    ),

    {{ object_type }}_values as (
        select
            {%- for field, expression in fields.items() %}
                cast({{ expression }} as {{ text }}) as {{ field }},
            {%- endfor %}
            records.record_sk
        from records
        inner join {{ object_type }}_landed as landed on records.record_key = landed.record_key
        {%- if object_type == 'opportunity' %}
            left join told on records.record_sk = told.record_sk
        {%- endif %}
    ),

{% endfor -%}

judged as (
    {%- for object_type, fields in health_fields().items() %}
        select
            {%- for field in single_fields %}
                {{ blank_to_null(field) ~ ' is null' if field in fields else nothing }}
                    as lacks_{{ field }},
            {%- endfor %}
            record_sk
        from {{ object_type }}_values
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

final as (
    select
        record_sk,
        {%- for field in single_fields %}
            lacks_{{ field }},
        {%- endfor %}
        {%- for field, (one, other) in either_fields.items() %}
            lacks_{{ one }} and lacks_{{ other }} as lacks_{{ field }}
            {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from judged
)

select * from final
