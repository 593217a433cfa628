-- One row per record of a pair and field that it fills: the value, as it is compared, and since
-- when it is known. Of flags only those that are set.
{%- set text = dbt.type_string() -%}
{%- set objects = compared_fields() %}

with paired as (
    select record_sk_a as record_sk
    from {{ ref('int_identity__pairs') }}

    union

    select record_sk_b as record_sk
    from {{ ref('int_identity__pairs') }}
),

records as (
    select records.*
    from {{ ref('int_crm__records') }} as records
    inner join paired on records.record_sk = paired.record_sk
),

countries as (
    select
        iso2,
        min(calling_code) as calling_code,
        min(trunk_prefix) as trunk_prefix
    from {{ ref('countries') }}
    group by iso2
),

{% for object_type, (flags, fields) in objects.items() -%}
    {{ object_type }}_fields as (
        select
            records.record_sk,
            {%- for field, value, compared in fields %}
                {%- set compared = compared or 'cast(null as ' ~ text ~ ')' %}
                cast({{ value }} as {{ text }}) as {{ field }},
                {{ compared }} as compared_{{ field }},
            {%- endfor %}
            {%- for field, flag in flags.items() %}
                case when {{ flag }} then 'true' end as {{ field }}
                {%- if not loop.last %},{% endif %}
            {%- endfor %}
        from records
        inner join {{ ref('stg_crm__' ~ object_type ~ 's') }} as landed
            on records.record_key = landed.record_key
        {%- if object_type == 'account' %}
            left join {{ ref('int_identity__account_keys') }} as keys
                on records.record_sk = keys.record_sk
        {%- else %}
            left join countries on landed.country_iso2 = countries.iso2
        {%- endif %}
        {%- if object_type == 'contact' %}
            left join {{ ref('stg_crm__accounts') }} as accounts
                on landed.crm = accounts.crm and landed.account_id = accounts.account_id
        {%- endif %}
        left join {{ ref('int_identity__company_names') }} as companies
            on
                {{ {
                    'account': 'landed.account_name', 'contact': 'accounts.account_name',
                    'lead': 'landed.company',
                }[object_type] }} = companies.company_name
    ),

{% endfor -%}

long as (
    {%- for object_type, (flags, fields) in objects.items() %}
        {%- set last_object = loop.last %}
        {%- for field, value, compared in fields %}
            select
                record_sk,
                '{{ field }}' as field,
                {{ field }} as value,
                compared_{{ field }} as compared_value
            from {{ object_type }}_fields
            where {{ field }} is not null

            union all

        {% endfor %}
        {%- for field in flags %}
            select
                record_sk,
                '{{ field }}' as field,
                {{ field }} as value,
                cast(null as {{ text }}) as compared_value
            from {{ object_type }}_fields
            where {{ field }} is not null
            {%- if not (loop.last and last_object) %}

                union all

            {% endif %}
        {%- endfor %}
    {%- endfor %}
),

filled as (
    select
        record_sk,
        field,
        {{ strip('value') }} as value,
        coalesce(compared_value, lower({{ strip('value') }})) as compared_value
    from long
    where {{ blank_to_null('value') }} is not null
),

changes as (
    select
        changes.record_sk,
        case
            when lower(changes.field) = 'jobtitle' then 'title'
            when lower(changes.field) = 'mobilephone' then 'mobile_phone'
            else lower(changes.field)
        end as field,
        changes.change_number,
        changes.changed_at,
        lower(changes.old_value) as old_value,
        lower(changes.new_value) as new_value
    from {{ ref('stg_crm__field_changes') }} as changes
    inner join records on changes.record_sk = records.record_sk
),

last_changes as (
    select
        record_sk,
        field,
        max(changed_at) as changed_at
    from changes
    group by record_sk, field
),

-- When the consent first became what it is; what it was before its first change, it was from the
-- beginning.
consents as (
    select
        filled.record_sk,
        min(
            case
                when changes.change_number = 1 and changes.old_value = filled.compared_value
                    then records.created_at
                when changes.new_value = filled.compared_value then changes.changed_at
            end
        ) as first_at
    from filled
    inner join records on filled.record_sk = records.record_sk
    inner join changes
        on filled.record_sk = changes.record_sk and changes.field = 'consent_status'
    where filled.field = 'consent_status'
    group by filled.record_sk
),

updates as (
    {%- for object_type in objects %}
        select
            record_key,
            updated_at
        from {{ ref('stg_crm__' ~ object_type ~ 's') }}
        {%- if not loop.last %}

            union all

        {% endif %}
    {%- endfor %}
),

final as (
    select
        filled.record_sk,
        filled.field,
        filled.value,
        filled.compared_value,
        case
            when filled.field = 'consent_status'
                then coalesce(consents.first_at, records.created_at)
            when last_changes.changed_at is not null then last_changes.changed_at
            when updates.updated_at <= {{ as_of() }} then updates.updated_at
            else records.created_at
        end as valued_at
    from filled
    inner join records on filled.record_sk = records.record_sk
    inner join updates on records.record_key = updates.record_key
    left join consents on filled.record_sk = consents.record_sk
    left join last_changes
        on filled.record_sk = last_changes.record_sk and filled.field = last_changes.field
)

select * from final
