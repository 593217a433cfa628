-- One row per move back to an earlier stage.
with stage_changes as (
    select * from {{ ref('int_history__stage_changes') }}
),

regressions as (
    select
        record_sk,
        field,
        change_number,
        changed_at,
        old_stage,
        new_stage,
        count(*) over (partition by record_sk) as n_regressions
    from stage_changes
    where is_regression
),

final as (
    select
        record_sk,
        field,
        change_number,
        changed_at as occurred_at,
        cast(null as {{ dbt.type_string() }}) as part,
        'back from ' || old_stage || ' to ' || new_stage
        || ', regressions: ' || cast(n_regressions as integer)
        || case
            when n_regressions >= {{ threshold('stage_regression__loop') }} then ', loop=true'
            else ', loop=false'
        end as detail
    from regressions
)

select * from final
