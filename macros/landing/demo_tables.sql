{# Made by crm-hygiene demo; change src/crm_hygiene/demo, not this. #}

{# The tables that the demo lands, for each CRM. #}
{% macro demo_tables() %}{{ return({
    'salesforce': [
        'account', 'account_history', 'campaign_member', 'case', 'case_history', 'contact',
        'contact_history', 'event', 'group', 'lead', 'lead_history', 'lead_status', 'opportunity',
        'opportunity_contact_role', 'opportunity_field_history', 'opportunity_history',
        'opportunity_stage', 'task', 'user'
    ],
    'hubspot': [
        'company', 'company_property_history', 'contact', 'contact_property_history', 'deal',
        'deal_company', 'deal_contact', 'deal_pipeline', 'deal_pipeline_stage',
        'deal_property_history', 'deal_stage', 'email_event', 'engagement_call',
        'engagement_company', 'engagement_contact', 'engagement_deal', 'engagement_email',
        'engagement_meeting', 'engagement_note', 'engagement_task', 'merged_deal', 'owner',
        'owner_team', 'team', 'ticket', 'ticket_company', 'ticket_contact',
        'ticket_property_history'
    ],
}) }}{% endmacro %}

{# The default as_of of the demo, and the instant at which its history ends: two hours before
    a month and a quarter are over, when close dates move most. #}
{% macro demo_as_of() %}{{ return('2026-09-30 22:00:00') }}{% endmacro %}
