-- One row per record that a rejected row names, so that what it would have said is known to lack.
{{ config(materialized='view') }}

{{ named_by_rejected_rows('hubspot', [
    'company', 'contact', 'deal', 'deal_company', 'deal_contact', 'engagement_call',
    'engagement_company', 'engagement_contact', 'engagement_deal', 'engagement_email',
    'engagement_meeting', 'engagement_note', 'engagement_task', 'ticket', 'ticket_company',
    'ticket_contact',
]) }}
