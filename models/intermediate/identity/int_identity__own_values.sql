-- One row per duplicate and field or kind of link: what it has that its survivor lacks.
{#- Links of each object: what it is called, the table, and the columns that name the record in it.
    -#}
{%- set links = [
    ('contacts', 'account', 'stg_crm__contacts', 'account_id'),
    ('opportunities', 'account', 'stg_crm__opportunities', 'account_id'),
    ('cases', 'account', 'stg_crm__cases', 'account_id'),
    ('converted leads', 'account', 'stg_crm__leads', 'converted_account_id'),
    ('contact roles', 'contact', 'stg_crm__opportunity_contacts', 'contact_id'),
    ('cases', 'contact', 'stg_crm__cases', 'contact_id'),
    ('campaign responses', 'contact', 'stg_crm__campaign_touches', 'contact_id'),
    ('converted leads', 'contact', 'stg_crm__leads', 'converted_contact_id'),
    ('campaign responses', 'lead', 'stg_crm__campaign_touches', 'lead_id'),
] %}

with duplicates as (
    select
        record_sk,
        crm,
        object_type,
        record_id,
        survivor_record_sk
    from {{ ref('int_identity__survivors') }}
    where not is_survivor
),

-- A mobile phone may stand in either of two fields.
compared as (
    select
        record_sk,
        field,
        case when field = 'mobile_phone' then 'phone' else field end as compared_field,
        compared_value,
        valued_at
    from {{ ref('int_identity__values') }}
),

activity_links as (
    select * from {{ ref('stg_crm__activity_links') }}
),

crm_activities as (
    select * from {{ ref('stg_crm__activities') }}
),

-- Of two records with one consent the earlier holds the evidence.
own_fields as (
    select
        duplicates.record_sk,
        own.field as own_value
    from duplicates
    inner join compared as own on duplicates.record_sk = own.record_sk
    left join compared as others
        on
            duplicates.survivor_record_sk = others.record_sk
            and own.compared_field = others.compared_field
            and own.compared_value = others.compared_value
    where
        others.record_sk is null
        or (own.field = 'consent_status' and own.valued_at < others.valued_at)
),

activities as (
    select
        links.crm,
        links.object_type,
        links.record_id
    from activity_links as links
    inner join duplicates
        on
            links.crm = duplicates.crm
            and links.object_type = duplicates.object_type
            and links.record_id = duplicates.record_id
    inner join crm_activities as activities
        on links.crm = activities.crm and links.activity_id = activities.activity_id
    -- Not told is not a machine's.
    where not coalesce(activities.is_automated, false)
),

own_links as (
    {%- for own_value, object_type, table, column in links %}
        select
            duplicates.record_sk,
            '{{ own_value }}' as own_value
        from duplicates
        inner join {{ ref(table) }} as linked
            on
                duplicates.crm = linked.crm
                and duplicates.record_id = linked.{{ column }}
                and duplicates.object_type = '{{ object_type }}'
        {%- if own_value == 'campaign responses' %}
            where linked.has_responded
        {%- endif %}

        union all

    {% endfor %}
    select
        duplicates.record_sk,
        'activities' as own_value
    from duplicates
    inner join activities
        on
            duplicates.crm = activities.crm
            and duplicates.object_type = activities.object_type
            and duplicates.record_id = activities.record_id
),

final as (
    select
        record_sk,
        own_value
    from own_fields

    union

    select
        record_sk,
        own_value
    from own_links
)

select * from final
