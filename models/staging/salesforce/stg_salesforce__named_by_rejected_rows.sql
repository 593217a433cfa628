-- One row per record that a rejected row names, so that what it would have said is known to lack.
{{ config(materialized='view') }}

{{ named_by_rejected_rows('salesforce', [
    'account', 'case', 'contact', 'event', 'lead', 'opportunity', 'opportunity_contact_role',
    'task',
]) }}
