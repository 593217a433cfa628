-- A scope that is spelt otherwise than it landed reaches nobody. One row here per row of
-- threshold_overrides that no record fits; a warning, since some may come yet.
{{ config(severity='warn') }}
with records as (
    select distinct
        crm,
        coalesce(pipeline, '') as pipeline,
        coalesce(segment, '') as segment
    from {{ ref('int_crm__records') }}
),

places as (
    select
        crm,
        pipeline,
        segment,
        false as is_of_rates
    from records

    union

    select
        crm,
        '' as pipeline,
        'all' as segment,
        true as is_of_rates
    from records
),

overrides as (
    select
        overrides.threshold_id,
        overrides.crm,
        overrides.pipeline,
        overrides.segment,
        scopes.scopes = 'crm segment' as is_of_rates
    from {{ ref('threshold_overrides') }} as overrides
    inner join {{ ref('threshold_scopes') }} as scopes
        on overrides.threshold_id = scopes.threshold_id
    where
        coalesce(overrides.crm, overrides.pipeline, overrides.segment) is not null
        and coalesce(overrides.crm, '{{ crm_sources() | first }}')
        in ('{{ crm_sources() | join("', '") }}')
)

select
    overrides.threshold_id,
    overrides.crm,
    overrides.pipeline,
    overrides.segment,
    'No record has this CRM, pipeline and segment: spell them in threshold_overrides.csv as they '
    || 'landed, or delete the row.' as what_to_do
from overrides
where
    not exists (
        select 1
        from places
        where
            (overrides.is_of_rates or not places.is_of_rates)
            and coalesce(overrides.crm, places.crm) = places.crm
            and coalesce(overrides.pipeline, places.pipeline) = places.pipeline
            and coalesce(overrides.segment, places.segment) = places.segment
    )
