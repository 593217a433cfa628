-- One row per entry into a stage that lacks evidence which the policy asks for.
with entries as (
    select * from {{ ref('int_archetypes__stage_entries') }}
),

final as (
    select
        record_sk,
        field,
        change_number,
        entered_at as occurred_at,
        cast(null as {{ dbt.type_string() }}) as part,
        detail
    from entries
    where is_premature
)

select * from final
