-- One row per deal pipeline that has a name.
{{ config(materialized='view') }}

with pipelines as (
    select * from {{ ref('base_hubspot__deal_pipeline') }}
),

final as (
    select
        'opportunity' as object_type,
        pipeline_id as pipeline,
        label as pipeline_label
    from pipelines
    where landing_status = 'staged' and label is not null
)

select * from final
