{{ config(materialized='view') }}

{{ named_by_rejected_rows('pipedrive', ['deals', 'organizations', 'persons']) }}
