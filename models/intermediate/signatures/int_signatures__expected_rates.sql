-- One row per failure signature, CRM and object type that has a rate to be held against: the last
-- days' share of the period, or the rate of the rest.
with windows as (
    select share_of_last_days
    from {{ ref('int_signatures__windows') }}
    where signature_window = 'current'
),

populations as (
    select * from {{ ref('int_signatures__populations') }}
),

stays as (
    select * from {{ ref('int_signatures__stays') }}
),

final as (
    select
        populations.signature,
        populations.crm,
        populations.object_type,
        windows.share_of_last_days as expected_rate
    from populations
    cross join windows
    where populations.measured_over = 'business_period'

    union all

    select
        'inflation_near_win' as signature,
        crm,
        object_type,
        avg(cast(case when is_parked then 1 else 0 end as {{ type_double() }})) as expected_rate
    from stays
    where not is_beside_win and signature_window = 'current'
    group by crm, object_type
)

select * from final
