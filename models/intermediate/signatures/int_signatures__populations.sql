-- One row per CRM, failure signature and object type that is spoken of: can its rate be computed?
-- Opportunities and activities are always spoken of, others where any of them is landed.
with register as (
    select * from {{ ref('signature_register') }}
),

inputs as (
    select * from {{ ref('int_crm__inputs') }}
),

crms as (
    select crm from {{ text_rows(['crm'], crm_sources()) }}
),

objects as (
    select object_type
    from {{ text_rows(
        ['object_type'], ['account', 'contact', 'lead', 'opportunity', 'case', 'activity']
    ) }}
),

computable as (
    {{ computable_rules('register', 'signature', 'inputs') }}
),

landed_objects as (
    select
        crm,
        object_type
    from inputs
    where input = 'records'
),

final as (
    select
        register.signature,
        crms.crm,
        objects.object_type,
        register.step,
        register.counts,
        register.out_of,
        register.measured_over,
        computable.signature is not null and landed_objects.crm is not null as is_computable
    from register
    inner join objects
        on ' ' || register.object_types || ' ' like '% ' || objects.object_type || ' %'
    cross join crms
    left join landed_objects
        on crms.crm = landed_objects.crm and objects.object_type = landed_objects.object_type
    left join computable
        on
            register.signature = computable.signature
            and crms.crm = computable.crm
            and objects.object_type = computable.object_type
    where
        objects.object_type in ('opportunity', 'activity')
        or landed_objects.object_type is not null
)

select * from final
