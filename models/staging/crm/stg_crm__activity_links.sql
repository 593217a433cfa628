-- One row per activity and record that it belongs to, in all CRMs: a meeting can have many
-- contacts.
with final as (
    {{ crm_union('activity_links', ['activity_id', 'object_type', 'record_id']) }}
)

select * from final
