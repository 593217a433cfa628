{%- set objects = [] -%}
{%- for object_type in health_fields() -%}
    {%- do objects.append(["'" ~ object_type ~ "'"]) -%}
{%- endfor -%}
{#- What a value on any record shows to be landed. -#}
{%- set shown = {
    'hard_bounces': 'is_hard_bounced',
    'consent_status': "consent_status <> 'unknown'",
    'do_not_contact': 'do_not_contact is not null',
} -%}
{%- for field in health_field_names() -%}
    {%- do shown.update({field: 'not lacks_' ~ field}) -%}
{%- endfor -%}
with shown as (
    select
        crm,
        object_type,
        {%- for input, condition in shown.items() %}
            max(case when {{ condition }} then 1 else 0 end) as has_{{ input }},
        {%- endfor %}
        max(case when object_type = 'opportunity' and stage_kind is not null then 1 else 0 end)
            as has_stages
    from {{ ref('int_health__record_facts') }}
    group by crm, object_type
),

objects as (
    select object_type from {{ literal_rows(['object_type'], objects) }}
),

final as (
    {%- for input in shown %}
        select
            crm,
            object_type,
            '{{ input }}' as input
        from shown
        where has_{{ input }} = 1

        union

    {% endfor %}
    -- A field that histories tell is landed, be it blank on every record today.
    {%- for input in ['input', "replace(input, 'history:', '')"] %}
        select
            crm,
            object_type,
            {{ input }} as input
        from {{ ref('int_crm__inputs') }}

        union

    {% endfor %}
    select
        shown.crm,
        objects.object_type,
        'stages' as input
    from shown
    cross join objects
    where shown.has_stages = 1

    union

    select
        users.crm,
        objects.object_type,
        'users' as input
    from {{ ref('stg_crm__users') }} as users
    cross join objects
)

select * from final
