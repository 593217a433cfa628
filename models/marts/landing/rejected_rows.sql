{%- set text = dbt.type_string() -%}
{%- set nothing = 'cast(null as ' ~ text ~ ')' -%}
{#- Landed tables that hold what is known of a person: the object, its id, its e-mail. -#}
{%- set people = {
    'salesforce.contact': ["'contact'", 'id', 'email'],
    'salesforce.contact_history': ["'contact'", 'contact_id', nothing],
    'salesforce.lead': ["'lead'", 'id', 'email'],
    'salesforce.lead_history': ["'lead'", 'lead_id', nothing],
    'hubspot.contact': ["'contact'", 'id', 'property_email'],
    'hubspot.contact_property_history': ["'contact'", 'contact_id', nothing],
    'hubspot.email_event': [nothing, nothing, 'recipient'],
    'open.contacts': ["'contact'", 'contact_id', 'email'],
    'open.leads': ["'lead'", 'lead_id', 'email'],
    'open.changes': ['object_type', 'record_id', nothing],
} -%}
with landed as (
    {%- for crm, tables in landing_tables().items() %}
        {%- set outer_last = loop.last %}
        {%- for table in tables %}
            {%- set person = people.get(crm ~ '.' ~ table, [nothing, nothing, nothing]) %}
            select
                '{{ crm }}' as crm,
                '{{ table }}' as source_table,
                source_key,
                reject_reason,
                raw,
                {{ person[0] }} as object_type,
                {{ person[1] }} as record_id,
                {{ dbt.hash(normalised_email(person[2])) }} as email_hash
            from {{ ref('base_' ~ crm ~ '__' ~ table) }}
            where landing_status in ('rejected', 'superseded')
            {%- if not (loop.last and outer_last) %}

                union all
            {% endif %}
        {%- endfor %}
    {%- endfor %}
),

people as (
    {%- for object_type in ['contact', 'lead'] %}
        select
            record_key,
            crm,
            '{{ object_type }}' as object_type,
            {{ object_type }}_id as record_id,
            email_hash
        from {{ ref('stg_crm__' ~ object_type ~ 's') }}
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

anonymised as (
    select
        people.crm,
        people.object_type,
        people.record_id,
        people.email_hash
    from {{ ref('lifecycle_decisions') }} as decisions
    inner join people on decisions.record_key = people.record_key
    where decisions.decision = 'anonymize'
),

anonymised_emails as (
    select distinct
        crm,
        email_hash
    from anonymised
    where email_hash is not null
),

-- What a rejected row tells of a person who is to be forgotten is forgotten as well.
shown as (
    select
        landed.crm,
        landed.source_table,
        landed.reject_reason,
        case
            when anonymised.record_id is not null then landed.record_id
            else landed.source_key
        end as source_key,
        case
            when anonymised.record_id is not null or anonymised_emails.email_hash is not null
                then '{"hidden": "tells of a person who is to be anonymised"}'
            else landed.raw
        end as raw
    from landed
    left join anonymised
        on
            landed.crm = anonymised.crm
            and landed.object_type = anonymised.object_type
            and landed.record_id = anonymised.record_id
    left join anonymised_emails
        on landed.crm = anonymised_emails.crm and landed.email_hash = anonymised_emails.email_hash
),

numbered as (
    select
        *,
        -- Rows that differ only in what is not declared look alike here.
        row_number() over (
            partition by crm, source_table, source_key, reject_reason, raw order by crm
        ) as copy_number
    from shown
),

final as (
    select
        cast({{ dbt_utils.generate_surrogate_key(
            ['crm', 'source_table', 'source_key', 'reject_reason', 'raw', 'copy_number']
        ) }} as {{ text }}) as rejected_row_id,
        cast(crm as {{ text }}) as crm,
        cast(source_table as {{ text }}) as source_table,
        cast(source_key as {{ text }}) as source_key,
        cast(reject_reason as {{ text }}) as reason,
        {{ as_of() }} as rejected_at,
        cast(raw as {{ text }}) as raw
    from numbered
)

select * from final
