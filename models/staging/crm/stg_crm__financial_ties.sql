-- One row per record that an invoice or a contract names, whatever became of that.
with landed as (
    {{ crm_union('financial_ties', ['record_crm', 'object_type', 'record_id']) }}
),

final as (
    select distinct
        {{ record_key('record_crm', 'object_type', strip('record_id')) }} as record_key
    from landed
    where {{ strip('record_id') }} is not null
)

select * from final
