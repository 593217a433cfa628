-- One row per value of a picklist that people know under another name, as the CRM lists it or the
-- seed value_labels says.
with stages as (
    select * from {{ ref('stg_crm__stages') }}
),

value_labels as (
    select * from {{ ref('value_labels') }}
),

pipelines as (
    {{ crm_union('pipelines', ['object_type', 'pipeline', 'pipeline_label']) }}
),

told as (
    select
        crm,
        object_type,
        'stage' as field,
        stage as value,
        stage_label as label,
        2 as place
    from stages

    union all

    select
        crm,
        object_type,
        'pipeline' as field,
        pipeline as value,
        pipeline_label as label,
        2 as place
    from pipelines

    union all

    select
        crm,
        object_type,
        field,
        value,
        label,
        1 as place
    from value_labels
    where crm in ('{{ crm_sources() | join("', '") }}')
),

ranked as (
    select
        *,
        min(place) over (partition by crm, object_type, field, value) as best_place
    from told
    where label is not null and value is not null
),

-- A stage that two pipelines call by two names keeps its id.
final as (
    select
        crm,
        object_type,
        field,
        value,
        min(label) as label
    from ranked
    where place = best_place
    group by crm, object_type, field, value
    having count(distinct label) = 1 and min(label) <> value
)

select * from final
