-- One row per CRM, object type, field and owner of live records that have something in it: how
-- often it is a word for nothing.
{%- set text = dbt.type_string() %}
{%- set fields = {
    'account': ['account_name', 'domain', 'phone', 'street', 'city', 'country', 'industry'],
    'contact': ['first_name', 'last_name', 'email', 'phone', 'country', 'title', 'lead_source'],
    'lead': [
        'first_name', 'last_name', 'company', 'email', 'phone', 'country', 'title', 'lead_source',
    ],
    'opportunity': [
        'opportunity_name', 'lead_source', 'campaign', 'next_step', 'forecast_category',
        'loss_reason', 'opportunity_type',
    ],
} %}
{%- set own_names = {
    'account_name': 'name', 'opportunity_name': 'name', 'opportunity_type': 'type',
} %}
with records as (
    select
        record_key,
        crm,
        object_type,
        owner_id
    from {{ ref('int_crm__records') }}
    where is_live
),

users as (
    select
        crm,
        user_id,
        team
    from {{ ref('stg_crm__users') }}
),

landed as (
    {%- for object_type, names in fields.items() %}
        {%- set is_last_object = loop.last %}
        {%- for name in names %}
            select
                record_key,
                '{{ own_names.get(name, name) }}' as field,
                cast({{ name }} as {{ text }}) as typed_value
            from {{ ref(crm_objects()[object_type]) }}
            where {{ name }} is not null
            {%- if not (is_last_object and loop.last) %}

                union all

            {% endif %}
        {%- endfor %}
    {%- endfor %}
),

judged as (
    select
        record_key,
        field,
        case when {{ blank_to_null('typed_value') }} is null then 1 else 0 end as is_placeholder
    from landed
    where not {{ is_blank('typed_value') }}
),

counted as (
    select
        records.crm,
        records.object_type,
        judged.field,
        records.owner_id,
        count(*) as n_filled,
        sum(judged.is_placeholder) as n_placeholders
    from judged
    inner join records on judged.record_key = records.record_key
    group by records.crm, records.object_type, judged.field, records.owner_id
),

final as (
    select
        counted.crm,
        counted.object_type,
        counted.field,
        counted.owner_id,
        owners.team,
        counted.n_filled,
        counted.n_placeholders,
        cast(counted.n_placeholders as {{ type_double() }}) / counted.n_filled as share,
        cast(
            sum(counted.n_placeholders) over (
                partition by counted.crm, counted.object_type, counted.field
            ) as {{ type_double() }}
        ) / sum(counted.n_filled) over (
            partition by counted.crm, counted.object_type, counted.field
        ) as field_share
    from counted
    left join users as owners
        on counted.crm = owners.crm and counted.owner_id = owners.user_id
)

select * from final
