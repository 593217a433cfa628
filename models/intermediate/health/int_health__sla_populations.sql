-- One row per SLA × CRM × object type that it asks for: whether what it needs is landed.
{#- What must be landed for each SLA; of a group one input is enough. -#}
{%- set needs = {
    'next_step_on_every_open_deal': [['records'], ['next step column']],
    'no_stale_lead': [['records'], ['activities']],
    'loss_reason_on_every_loss': [['records'], ['loss reason column'], ['lost stages']],
    'no_open_record_with_inactive_owner': [['records'], ['users']],
} -%}
{%- set columns = {
    'next step column': ['next_step', 'property_hs_next_step'],
    'loss reason column': ['loss_reason', 'loss_reason_c', 'property_closed_lost_reason'],
} %}

with records as (
    select
        crm,
        object_type
    from {{ ref('int_crm__inputs') }}
    where input = 'records'
),

crm_users as (
    select * from {{ ref('stg_crm__users') }}
),

crm_inputs as (
    select * from {{ ref('int_crm__inputs') }}
),

landing_coverage as {{ inlined() }} (
    select * from {{ ref('landing_coverage') }}
),

stage_map as (
    select * from {{ ref('int_crm__stage_map') }}
),

hygiene_slas as (
    select * from {{ ref('hygiene_slas') }}
),

users as (
    select distinct crm
    from crm_users
),

inputs as (
    select
        crm,
        object_type,
        input
    from crm_inputs

    {%- for input, names in columns.items() %}

        union all

        select
            crm,
            'opportunity' as object_type,
            '{{ input }}' as input
        from landing_coverage
        where
            source_table in ('opportunity', 'deal', 'opportunities')
            and source_column in ('{{ names | join("', '") }}')
            and is_landed
    {%- endfor %}

    union all

    select
        crm,
        object_type,
        'lost stages' as input
    from stage_map
    where kind = 'lost'

    union all

    select
        records.crm,
        records.object_type,
        'users' as input
    from records
    inner join users on records.crm = users.crm
),

computable as (
    {{ where_landed('sla_id', needs, 'inputs') }}
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
    from hygiene_slas as slas
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
