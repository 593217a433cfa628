-- One row per SLA × CRM × object type that it asks for: whether what it needs is landed.
with slas as (
    select * from {{ ref('hygiene_slas') }}
),

inputs as (
    select * from {{ ref('int_crm__inputs') }}
),

computable as (
    {{ computable_rules('slas', 'sla_id', 'inputs') }}
),

records as (
    select
        crm,
        object_type
    from inputs
    where input = 'records'
),

crms as (
    select crm from {{ text_rows(['crm'], crm_sources()) }}
),

objects as (
    select object_type from {{ text_rows(['object_type'], ['lead', 'opportunity', 'case']) }}
),

-- Deals are always spoken of, other objects where any record of them is landed.
final as (
    select
        slas.sla_id,
        crms.crm,
        objects.object_type,
        slas.target,
        computable.sla_id is not null as is_computable
    from slas
    cross join crms
    cross join objects
    left join records
        on crms.crm = records.crm and objects.object_type = records.object_type
    left join computable
        on
            slas.sla_id = computable.sla_id
            and crms.crm = computable.crm
            and objects.object_type = computable.object_type
    where
        ' ' || slas.object_types || ' ' like '% ' || objects.object_type || ' %'
        and (objects.object_type = 'opportunity' or records.crm is not null)
)

select * from final
