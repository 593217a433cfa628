-- One row per threshold and place of records (CRM, pipeline, segment) where a value of the policy
-- holds for these alone. Records are many, the places they stand in few: each is looked up once.
with records as (
    select * from {{ ref('int_crm__records') }}
),

scopes as (
    select distinct
        crm,
        coalesce(pipeline, '') as pipeline,
        coalesce(segment, '') as segment
    from records
),

final as (
    {{ scoped_thresholds('scopes', ['crm', 'pipeline', 'segment']) }}
)

select * from final
