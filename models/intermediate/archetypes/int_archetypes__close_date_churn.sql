-- One row per change that makes a deal's close date no forecast: one push too many, a change after
-- the old date had passed, or a day already past.
with moved as (
    select
        record_sk,
        change_number,
        changed_at,
        old_value,
        new_value,
        cast({{ business_time('changed_at') }} as date) as changed_on,
        {{ parse_value('old_value', 'text', 'date') }} as old_date,
        {{ parse_value('new_value', 'text', 'date') }} as new_date
    from {{ ref('int_history__edits') }}
    where not is_orphan and object_type = 'opportunity' and field = 'close_date'
),

counted as (
    select
        *,
        coalesce(new_date > old_date, false) as is_push,
        coalesce(old_date < changed_on, false) as is_backfilled,
        coalesce(new_date < changed_on, false) as is_set_past,
        sum(case when new_date > old_date then 1 else 0 end) over (
            partition by record_sk order by change_number
        ) as n_pushes
    from moved
),

judged as (
    select
        *,
        is_push and n_pushes >= {{ threshold('close_date_churn__pushes') }} as is_churn
    from counted
),

final as (
    select
        record_sk,
        'close_date' as field,
        change_number,
        changed_at as occurred_at,
        cast(null as {{ dbt.type_string() }}) as part,
        'close date moved from ' || coalesce(old_value, 'blank')
        || ' to ' || coalesce(new_value, 'blank')
        || case
            when is_churn then ', push ' || cast(n_pushes as integer) || ' to a later day'
            else ''
        end
        || case when is_backfilled then ', after the old date had passed' else '' end
        || case when is_set_past then ', to a day already past' else '' end as detail
    from judged
    where is_churn or is_backfilled or is_set_past
)

select * from final
