-- One row per won deal that was handed over to customer success: whether the handoff is complete.
with handoffs as (
    select * from {{ ref('int_teams__checked_handoffs') }}
    where handoff = 'won_to_cs'
),

final as (
    select
        record_sk,
        cast(null as {{ dbt.type_string() }}) as part,
        is_complete as is_counted,
        cast(null as {{ type_double() }}) as hours,
        handed_at as occurred_at,
        detail
    from handoffs
)

select * from final
