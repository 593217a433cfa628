-- One row per test or step that failed when it was last run and has not passed since.
{{ config(materialized='view') }}

with failures as (
    select * from {{ ref('int_runs__failures') }}
),

final as (
    select
        test_id,
        tool,
        kind,
        name,
        status,
        object_tested,
        protects,
        marts_at_risk,
        figures_at_risk,
        failing_since,
        started_at as last_run_at,
        cast(n_runs as {{ dbt.type_bigint() }}) as n_runs,
        n_failing_rows,
        n_failing_rows_before,
        n_skipped,
        message,
        sample_rows,
        owner_team,
        first_step,
        rerun_command,
        command,
        invocation_id
    from failures
)

select * from final
