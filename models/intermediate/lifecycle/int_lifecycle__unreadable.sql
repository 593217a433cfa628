{#- Rows that name a record by its id: crm, table, column, object that the column names, and the
    characters that such an id starts with (Salesforce's who_id and what_id name several). -#}
{%- set named = [
    ('salesforce', 'case', 'account_id', 'account', ''),
    ('salesforce', 'case', 'contact_id', 'contact', ''),
    ('salesforce', 'opportunity', 'account_id', 'account', ''),
    ('salesforce', 'opportunity_contact_role', 'contact_id', 'contact', ''),
    ('salesforce', 'opportunity_contact_role', 'opportunity_id', 'opportunity', ''),
    ('salesforce', 'task', 'account_id', 'account', ''),
    ('salesforce', 'task', 'what_id', 'account', '001'),
    ('salesforce', 'task', 'what_id', 'opportunity', '006'),
    ('salesforce', 'task', 'who_id', 'contact', '003'),
    ('salesforce', 'task', 'who_id', 'lead', '00Q'),
    ('salesforce', 'event', 'account_id', 'account', ''),
    ('salesforce', 'event', 'what_id', 'account', '001'),
    ('salesforce', 'event', 'what_id', 'opportunity', '006'),
    ('salesforce', 'event', 'who_id', 'contact', '003'),
    ('salesforce', 'event', 'who_id', 'lead', '00Q'),
    ('hubspot', 'deal_contact', 'contact_id', 'contact', ''),
    ('hubspot', 'deal_contact', 'deal_id', 'opportunity', ''),
    ('hubspot', 'deal_company', 'company_id', 'account', ''),
    ('hubspot', 'ticket_contact', 'contact_id', 'contact', ''),
    ('hubspot', 'ticket_company', 'company_id', 'account', ''),
    ('hubspot', 'engagement_contact', 'contact_id', 'contact', ''),
    ('hubspot', 'engagement_contact', 'engagement_id', 'activity', ''),
    ('hubspot', 'engagement_company', 'company_id', 'account', ''),
    ('hubspot', 'engagement_company', 'engagement_id', 'activity', ''),
    ('hubspot', 'engagement_deal', 'deal_id', 'opportunity', ''),
    ('hubspot', 'engagement_deal', 'engagement_id', 'activity', ''),
    ('open', 'cases', 'account_id', 'account', ''),
    ('open', 'cases', 'contact_id', 'contact', ''),
    ('open', 'opportunities', 'account_id', 'account', ''),
    ('open', 'opportunity_contacts', 'contact_id', 'contact', ''),
    ('open', 'opportunity_contacts', 'opportunity_id', 'opportunity', ''),
    ('open', 'activities', 'account_id', 'account', ''),
    ('open', 'activities', 'contact_id', 'contact', ''),
    ('open', 'activities', 'lead_id', 'lead', ''),
    ('open', 'activities', 'opportunity_id', 'opportunity', ''),
] -%}
{#- HubSpot's records name nobody: their links are rows of their own. -#}
{%- set linked = [
    ('ticket', 'id', 'ticket_contact', 'ticket_id', 'contact_id', 'contact'),
    ('ticket', 'id', 'ticket_company', 'ticket_id', 'company_id', 'account'),
    ('deal', 'deal_id', 'deal_contact', 'deal_id', 'contact_id', 'contact'),
    ('deal', 'deal_id', 'deal_company', 'deal_id', 'company_id', 'account'),
] -%}
{%- for table in ['call', 'email', 'meeting', 'note', 'task'] -%}
    {%- for object, id, object_type in [
        ('contact', 'contact_id', 'contact'), ('company', 'company_id', 'account'),
        ('deal', 'deal_id', 'opportunity'),
    ] -%}
        {%- do linked.append((
            'engagement_' ~ table, 'engagement_id', 'engagement_' ~ object, 'engagement_id', id,
            object_type,
        )) -%}
    {%- endfor -%}
{%- endfor -%}

-- Records that a rejected row of a case, deal, activity or contact role names: what the row would
-- have said of them is not known.
with found as (
    {%- for crm, table, column, object_type, prefix in named %}
        select
            '{{ crm }}' as crm,
            '{{ object_type }}' as object_type,
            {{ column }} as record_id
        from {{ ref('base_' ~ crm ~ '__' ~ table) }}
        where
            landing_status = 'rejected'
            and {{ column }} {{ "like '" ~ prefix ~ "%'" if prefix else 'is not null' }}

        union all
    {% endfor %}
    {%- for table, id, link_table, link_id, column, object_type in linked %}
        select
            'hubspot' as crm,
            '{{ object_type }}' as object_type,
            links.{{ column }} as record_id
        from {{ ref('base_hubspot__' ~ table) }} as rejected
        inner join {{ ref('base_hubspot__' ~ link_table) }} as links
            on rejected.{{ id }} = links.{{ link_id }}
        where rejected.landing_status = 'rejected' and links.{{ column }} is not null
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

final as (
    select distinct {{ record_key('crm', 'object_type', 'record_id') }} as record_key
    from found
)

select * from final
