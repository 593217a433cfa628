-- One row per record that a rejected row of a case, deal, activity or contact role names: what the
-- row would have said of it is not known.
with landed as (
    {{ crm_union('named_by_rejected_rows', ['object_type', 'record_id']) }}
),

final as (
    select {{ record_key('crm', 'object_type', 'record_id') }} as record_key
    from landed
)

select * from final
