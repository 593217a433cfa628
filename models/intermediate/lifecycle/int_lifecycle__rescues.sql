-- One row per record whose latest review rescued it and still counts.
with reviews as (
    select * from {{ ref('int_lifecycle__reviews') }}
),

final as (
    select distinct record_key
    from reviews
    where
        is_latest
        and decision = 'rescue'
        and reviewed_at >= {{ dbt.dateadd(
            'month',
            '-cast(' ~ threshold('lifecycle__rescue_months') ~ ' as integer)',
            as_of()
        ) }}
)

select * from final
