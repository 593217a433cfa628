{#- The names of all declared tables by landing, for the marts that go over all of them: dbt must know what a model
    refers to before it reads the sources files. A test compares it with those files. -#}
{% macro landing_tables() %}
    {{ return({
        'salesforce': [
            'account', 'account_history', 'campaign_member', 'case', 'case_history', 'contact',
            'contact_history', 'event', 'group', 'lead', 'lead_history', 'lead_status',
            'opportunity', 'opportunity_contact_role', 'opportunity_field_history',
            'opportunity_history', 'opportunity_stage', 'task', 'user'
        ],
        'hubspot': [
            'company', 'company_property_history', 'contact', 'contact_merge_audit',
            'contact_property_history', 'deal', 'deal_company', 'deal_contact', 'deal_pipeline',
            'deal_pipeline_stage', 'deal_property_history', 'deal_stage', 'email_event',
            'email_event_bounce', 'engagement', 'engagement_call', 'engagement_company',
            'engagement_contact', 'engagement_deal', 'engagement_email', 'engagement_meeting',
            'engagement_note', 'engagement_task', 'merged_deal', 'owner', 'owner_team', 'team',
            'ticket', 'ticket_company', 'ticket_contact', 'ticket_property_history'
        ],
        'open': [
            'accounts', 'activities', 'cases', 'changes', 'contacts', 'leads', 'lifecycle_reviews',
            'opportunities', 'opportunity_contacts', 'sla_clocks', 'stages', 'users',
            'workflow_events'
        ],
    }) }}
{% endmacro %}
