-- One row per contact or lead and time that a machine or a campaign turned to it by itself: an
-- automated mail or call, a membership of a campaign without an answer, a marketing mail.
{%- set text = dbt.type_string() %}
with records as (
    select
        record_key,
        crm,
        object_type,
        record_id
    from {{ ref('int_crm__records') }}
    where object_type in ('contact', 'lead') and is_live
),

activities as (
    select * from {{ ref('stg_crm__activities') }}
),

activity_links as (
    select * from {{ ref('stg_crm__activity_links') }}
),

campaign_touches as (
    select * from {{ ref('stg_crm__campaign_touches') }}
),

mailings as (
    select * from {{ ref('stg_crm__mailings') }}
),

contacts as (
    select
        record_key,
        crm,
        email_normalised
    from {{ ref('stg_crm__contacts') }}
),

leads as (
    select
        record_key,
        crm,
        email_normalised
    from {{ ref('stg_crm__leads') }}
),

-- In some CRMs a mail that was sent has no direction.
by_machine as (
    select
        links.crm,
        links.object_type,
        links.record_id,
        activities.occurred_at as contacted_at,
        'automated ' || activities.activity_type as way,
        cast(null as {{ text }}) as campaign_id
    from activities
    inner join activity_links as links
        on activities.crm = links.crm and activities.activity_id = links.activity_id
    where
        activities.is_live
        and activities.is_automated
        and not activities.is_planned
        and {{ took_place('activities.status') }}
        and activities.occurred_at <= {{ as_of() }}
        and activities.activity_type in ('email', 'call')
        and coalesce(
            activities.direction,
            case when activities.activity_type = 'email' then 'outbound' end
        ) = 'outbound'
),

by_campaign as (
    {%- for object_type in ['contact', 'lead'] %}
        select
            crm,
            '{{ object_type }}' as object_type,
            {{ object_type }}_id as record_id,
            touched_at as contacted_at,
            'campaign' as way,
            campaign_id
        from campaign_touches
        where {{ object_type }}_id is not null and not coalesce(has_responded, false)
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

addresses as (
    select * from contacts
    union all
    select * from leads
),

final as (
    {%- for relation in ['by_machine', 'by_campaign'] %}
        select
            records.record_key,
            records.crm,
            records.object_type,
            {{ relation }}.contacted_at,
            {{ relation }}.way,
            {{ relation }}.campaign_id
        from {{ relation }}
        inner join records
            on
                {{ relation }}.crm = records.crm
                and {{ relation }}.object_type = records.object_type
                and {{ relation }}.record_id = records.record_id

        union all
    {% endfor %}

    select
        records.record_key,
        records.crm,
        records.object_type,
        mailings.sent_at as contacted_at,
        'marketing mail' as way,
        mailings.campaign_id
    from mailings
    inner join addresses
        on mailings.crm = addresses.crm and mailings.email_normalised = addresses.email_normalised
    inner join records on addresses.record_key = records.record_key
)

select * from final
