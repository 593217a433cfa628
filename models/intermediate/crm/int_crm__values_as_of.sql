-- One row per record and changed field: its value at as_of, by the last visible change; before the
-- first visible one, what the earliest change left.
with final as (
    select
        record_sk,
        field,
        case when changed_at <= {{ as_of() }} then new_value else old_value end as value_at_as_of,
        case when changed_at <= {{ as_of() }} then changed_at end as told_at
    from {{ ref('stg_crm__told_changes') }}
    where
        change_class = 'effective'
        and not is_orphan
        and (
            (
                changed_at <= {{ as_of() }}
                and (next_changed_at is null or next_changed_at > {{ as_of() }})
            )
            or (change_number = 1 and changed_at > {{ as_of() }})
        )
)

select * from final
