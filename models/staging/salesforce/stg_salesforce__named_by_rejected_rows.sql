{{ config(materialized='view') }}

{{ named_by_rejected_rows('salesforce', [
    'case', 'event', 'opportunity', 'opportunity_contact_role', 'task',
]) }}
