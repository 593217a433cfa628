-- One row per landed review of a candidate; `crm` is the CRM of the record, not of the landing.
{%- set columns = [
    'object_type', 'record_id', 'reviewed_at', 'decision', 'for_decision', 'reviewer', 'role',
    'reason',
] %}
with landed as (
    {{ crm_union('lifecycle_reviews', ['record_crm'] + columns) }}
),

final as (
    select
        record_crm as crm,
        {{ columns | join(',\n        ') }}
    from landed
)

select * from final
