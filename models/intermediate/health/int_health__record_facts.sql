{%- set text = dbt.type_string() -%}
{%- set nothing = 'cast(null as ' ~ dbt.type_boolean() ~ ')' -%}
{%- set objects = health_fields() -%}
{%- set single_fields = health_field_names() | reject('in', health_either_fields()) | list -%}
{%- set models = {
    'account': 'stg_crm__accounts',
    'contact': 'stg_crm__contacts',
    'lead': 'stg_crm__leads',
    'opportunity': 'stg_crm__opportunities',
    'case': 'stg_crm__cases',
} -%}
with records as (
    select * from {{ ref('int_crm__records') }}
),

told as (
    select
        record_sk,
        value_at_as_of as loss_reason
    from {{ ref('int_history__values_as_of') }}
    where field = 'loss_reason'
),

blanks as (
    select placeholder from {{ ref('blank_placeholders') }}
),

{% for object_type, fields in objects.items() %}
    {{ object_type }}_values as (
        select
            {%- for field, expression in fields.items() %}
                cast({{ expression }} as {{ text }}) as {{ field }},
            {%- endfor %}
            records.record_sk
        from records
        inner join {{ ref(models[object_type]) }} as landed
            on records.record_key = landed.record_key
        {%- if object_type == 'opportunity' %}
            left join told on records.record_sk = told.record_sk
        {%- endif %}
    ),

    {{ object_type }}_facts as (
        select
            {%- for field in single_fields %}
                {%- set value = blank_to_null('found.' ~ field, 'of_' ~ field ~ '.placeholder') %}
                {{ value ~ ' is null' if field in fields else nothing }} as lacks_{{ field }},
            {%- endfor %}
            found.record_sk
        from
            {{ object_type }}_values as found
        {%- for field in fields %}
            left join blanks as of_{{ field }}
                on lower({{ strip('found.' ~ field) }}) = of_{{ field }}.placeholder
        {%- endfor %}
    ),

{% endfor -%}

facts as (
    {%- for object_type in objects %}
        select * from {{ object_type }}_facts
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
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
        records.close_date,
        records.last_activity_at,
        records.is_hard_bounced,
        records.consent_status,
        records.do_not_contact,
        {%- for field in single_fields %}
            facts.lacks_{{ field }},
        {%- endfor %}
        {%- for field, (one, other) in health_either_fields().items() %}
            facts.lacks_{{ one }} and facts.lacks_{{ other }} as lacks_{{ field }},
        {%- endfor %}
        records.is_live
    from records
    inner join facts on records.record_sk = facts.record_sk
    left join account_segments
        on records.crm = account_segments.crm and records.account_id = account_segments.account_id
)

select * from final
