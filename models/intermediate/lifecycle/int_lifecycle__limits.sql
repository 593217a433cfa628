-- One row per object type and region that its records have ('' for none): the retention limits, and
-- the instants that they reach back to.
with policy as (
    select
        object_type,
        upper({{ strip('region') }}) as region,
        archive_after,
        archive_unit,
        anonymize_after_months,
        suppression_months
    from {{ ref('retention_policy') }}
),

records as (
    select * from {{ ref('int_crm__records') }}
),

instants as (
    select
        *,
        {{ age_limit(-1, as_of()) }} as archive_before
    from policy
),

ranked as (
    select
        *,
        row_number() over (
            partition by object_type
            order by
                case when archive_after is null then 0 else 1 end,
                archive_before,
                archive_after,
                archive_unit
        ) as archive_place,
        row_number() over (
            partition by object_type
            order by
                case when anonymize_after_months is null then 0 else 1 end,
                anonymize_after_months desc
        ) as anonymize_place,
        row_number() over (
            partition by object_type
            order by
                case when suppression_months is null then 0 else 1 end,
                suppression_months desc
        ) as suppression_place
    from instants
),

longest as (
    select
        object_type,
        max(case when archive_place = 1 then archive_after end) as archive_after,
        max(case when archive_place = 1 then archive_unit end) as archive_unit,
        max(case when archive_place = 1 then archive_before end) as archive_before,
        max(case when anonymize_place = 1 then anonymize_after_months end)
            as anonymize_after_months,
        max(case when suppression_place = 1 then suppression_months end) as suppression_months
    from ranked
    group by object_type
    -- Without a row for any other region, those regions have no limit.
    having max(case when region = '*' then 1 else 0 end) = 1
),

regions as (
    select distinct
        object_type,
        upper({{ strip('region') }}) as region
    from records

    union

    select distinct
        object_type,
        cast(null as {{ dbt.type_string() }}) as region
    from policy
),

-- The region's row of the policy, else that of any other region; without a region the longest of
-- all, which is none where some region has none.
chosen as (
    select
        regions.object_type,
        {%- for limit in [
            'archive_after', 'archive_unit', 'archive_before', 'anonymize_after_months',
            'suppression_months',
        ] %}
            case
                when regions.region is null then longest.{{ limit }}
                when own.object_type is not null then own.{{ limit }}
                else others.{{ limit }}
            end as {{ limit }},
        {%- endfor %}
        coalesce(regions.region, '') as region
    from regions
    left join longest on regions.object_type = longest.object_type
    left join instants as own
        on regions.object_type = own.object_type and regions.region = own.region
    left join instants as others
        on regions.object_type = others.object_type and others.region = '*'
),

final as (
    select
        object_type,
        region,
        archive_after,
        archive_unit,
        archive_before,
        anonymize_after_months,
        cast(
            {{ dbt.dateadd('month', '-anonymize_after_months', as_of()) }}
            as {{ dbt.type_timestamp() }}
        ) as anonymize_before,
        suppression_months,
        cast(
            {{ dbt.dateadd('month', '-suppression_months', as_of()) }}
            as {{ dbt.type_timestamp() }}
        ) as suppression_before
    from chosen
)

select * from final
