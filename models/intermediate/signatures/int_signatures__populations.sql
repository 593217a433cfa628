-- One row per CRM, failure signature and object type that is spoken of: can its rate be computed?
-- Opportunities and activities are always spoken of, others where any of them is landed.
with register as (
    select * from {{ ref('signature_register') }}
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

landed as (
    select
        crm,
        object_type,
        input
    from {{ ref('int_crm__inputs') }}
),

activities as (
    select distinct crm from {{ ref('stg_crm__activities') }}
),

queues as (
    select distinct crm
    from {{ ref('stg_crm__users') }}
    where kind = 'queue'
),

ordered_stages as (
    select distinct
        crm,
        object_type
    from {{ ref('int_crm__stage_map') }}
    where stage_order is not null
),

inputs as (
    select * from landed

    union all

    select
        crm,
        'activity' as object_type,
        'records' as input
    from activities

    union all

    select
        queues.crm,
        objects.object_type,
        'queues' as input
    from queues
    cross join objects

    union all

    select
        crm,
        object_type,
        'ordered_stages' as input
    from ordered_stages
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
        computable.signature is not null as is_computable
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
