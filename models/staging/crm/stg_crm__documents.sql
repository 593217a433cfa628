-- One row per record and instant at or before as_of at which a document that names it was made.
with landed as (
    {{ crm_union('document_ties', ['record_crm', 'object_type', 'record_id', 'created_at']) }}
),

final as (
    select distinct
        {{ record_key('record_crm', 'object_type', strip('record_id')) }} as record_key,
        created_at
    from landed
    where {{ strip('record_id') }} is not null and created_at <= {{ as_of() }}
)

select * from final
