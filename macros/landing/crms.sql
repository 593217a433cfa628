{#- Every CRM that the project can read, an entry each: the tables of its landing (as its sources file declares them), what
    its folder gives, the models stg_<crm>__<what>, how other loaders spell columns with a prefix (`prefixes`), and
    whether its ids have two lengths (`ids`). dbt must know both before it reads a sources file; a test
    compares them with the files. -#}
{% macro crms() %}
    {{ return({
        'salesforce': {
            'ids': '15 or 18',
            'tables': [
                'account', 'account_history', 'campaign_member', 'case', 'case_history', 'contact',
                'contact_history', 'event', 'group', 'lead', 'lead_history', 'lead_status',
                'opportunity', 'opportunity_contact_role', 'opportunity_field_history',
                'opportunity_history', 'opportunity_stage', 'record_type', 'task', 'user'
            ],
            'gives': [
                'accounts',
                'activities',
                'activity_links',
                'campaign_touches',
                'cases',
                'contacts',
                'creations',
                'field_changes',
                'leads',
                'named_by_rejected_rows',
                'opportunities',
                'opportunity_contacts',
                'sla_clocks',
                'stages',
                'users',
                'workflow_events',
            ],
        },
        'hubspot': {
            'prefixes': {'property_': ['properties_*', '*', 'property_*__value', 'properties__*__value']},
            'tables': [
                'company', 'company_property_history', 'contact', 'contact_merge_audit',
                'contact_property_history', 'deal', 'deal_company', 'deal_contact', 'deal_pipeline',
                'deal_pipeline_stage', 'deal_property_history', 'deal_stage', 'email_event',
                'email_event_bounce', 'engagement', 'engagement_call', 'engagement_company',
                'engagement_contact', 'engagement_deal', 'engagement_email', 'engagement_meeting',
                'engagement_note', 'engagement_task', 'merged_deal', 'owner', 'owner_team', 'team',
                'ticket', 'ticket_company', 'ticket_contact', 'ticket_property_history'
            ],
            'gives': [
                'accounts',
                'activities',
                'activity_links',
                'cases',
                'contacts',
                'creations',
                'field_changes',
                'mailings',
                'named_by_rejected_rows',
                'opportunities',
                'opportunity_contacts',
                'pipelines',
                'sla_clocks',
                'stages',
                'users',
            ],
        },
        'open': {
            'tables': [
                'accounts', 'activities', 'cases', 'changes', 'contacts', 'contracts', 'documents',
                'invoices', 'leads', 'lifecycle_reviews', 'opportunities', 'opportunity_contacts',
                'sla_clocks', 'stages', 'users', 'workflow_events'
            ],
            'gives': [
                'accounts',
                'activities',
                'activity_links',
                'cases',
                'contacts',
                'contracts',
                'creations',
                'document_ties',
                'field_changes',
                'financial_ties',
                'invoices',
                'leads',
                'lifecycle_reviews',
                'named_by_rejected_rows',
                'opportunities',
                'opportunity_contacts',
                'sla_clocks',
                'stages',
                'users',
                'workflow_events',
            ],
        },
    }) }}
{% endmacro %}


{#- What all CRMs give of a thing, one select below the other: the models stg_<crm>__<what> with these columns. -#}
{% macro crm_union(what, columns) -%}
    {%- set givers = [] -%}
    {%- for crm, registered in crms().items() if what in registered.gives -%}
        {%- do givers.append(crm) -%}
    {%- endfor -%}
    {%- for crm in givers %}
        select
            '{{ crm }}' as crm,
            {{ columns | join(',\n            ') }}
        from {{ ref('stg_' ~ crm ~ '__' ~ what) }}
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
{%- endmacro %}
