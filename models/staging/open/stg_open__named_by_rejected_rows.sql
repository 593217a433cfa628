{{ config(materialized='view') }}

{{ named_by_rejected_rows('open', [
    'activities', 'cases', 'opportunities', 'opportunity_contacts',
]) }}
