-- One row per signal, CRM and object type that its rates speak of: whether all that it needs is
-- landed. Opportunities are always spoken of, other objects where any record of them is landed.
with rules as (
    select
        rule_id as signal,
        object_types,
        needs,
        rated_each,
        limit_kind
    from {{ ref('rules') }}
    where kind = 'signal'
),

inputs as (
    select * from {{ ref('int_crm__inputs') }}
),

crms as (
    select crm from {{ text_rows(['crm'], crm_sources()) }}
),

objects as (
    select object_type
    from {{ text_rows(['object_type'], ['account', 'contact', 'lead', 'opportunity', 'case']) }}
),

computable as (
    {{ computable_rules('rules', 'signal', 'inputs') }}
),

applicable as (
    select
        rules.signal,
        rules.needs,
        rules.rated_each,
        rules.limit_kind,
        crms.crm,
        objects.object_type,
        computable.signal is not null and inputs.crm is not null as is_computable,
        max(case when computable.signal is not null then 1 else 0 end) over (
            partition by rules.signal, crms.crm
        ) as is_anywhere
    from rules
    cross join crms
    cross join objects
    left join inputs
        on
            crms.crm = inputs.crm
            and objects.object_type = inputs.object_type
            and inputs.input = 'records'
    left join computable
        on
            rules.signal = computable.signal
            and crms.crm = computable.crm
            and objects.object_type = computable.object_type
    where
        ' ' || rules.object_types || ' ' like '% ' || objects.object_type || ' %'
        and (objects.object_type = 'opportunity' or inputs.crm is not null)
),

-- Not every object has clocks or milestones: that those of no object are landed is worth a word.
final as (
    select
        signal,
        crm,
        object_type,
        is_computable,
        rated_each,
        limit_kind
    from applicable
    where
        is_computable
        or is_anywhere = 0
        or not (needs like '%milestones%' or needs like '%sla_clocks%')
)

select * from final
