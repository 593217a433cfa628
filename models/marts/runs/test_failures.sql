{{ config(materialized='view') }}

with test_runs as (
    select * from {{ ref('test_runs') }}
),

complete_runs as (
    select
        tool,
        max(started_at) as started_at
    from test_runs
    where is_complete
    group by tool
),

-- A run that goes over everything and does not know a test any more has lost it.
known_tests as (
    select
        test_runs.tool,
        test_runs.test_id
    from test_runs
    left join complete_runs on test_runs.tool = complete_runs.tool
    group by test_runs.tool, test_runs.test_id, complete_runs.started_at
    having
        complete_runs.started_at is null
        or max(test_runs.started_at) >= complete_runs.started_at
),

executed as (
    select
        test_runs.*,
        row_number() over (
            partition by test_runs.test_id
            order by test_runs.started_at desc, test_runs.invocation_id desc
        ) as place,
        lag(case when test_runs.status <> 'passed' then test_runs.n_failing_rows end) over (
            partition by test_runs.test_id
            order by test_runs.started_at asc, test_runs.invocation_id asc
        ) as n_failing_rows_before,
        max(case when test_runs.status = 'passed' then test_runs.started_at end) over (
            partition by test_runs.test_id
        ) as last_passed_at
    from test_runs
    inner join known_tests
        on test_runs.tool = known_tests.tool and test_runs.test_id = known_tests.test_id
    where test_runs.status <> 'skipped'
),

unbroken as (
    select
        test_id,
        min(started_at) as failing_since,
        count(*) as n_runs
    from executed
    where
        status <> 'passed'
        and (last_passed_at is null or started_at > last_passed_at)
    group by test_id
),

final as (
    select
        executed.test_id,
        executed.tool,
        executed.kind,
        executed.name,
        executed.status,
        executed.object_tested,
        executed.protects,
        executed.marts_at_risk,
        executed.figures_at_risk,
        unbroken.failing_since,
        executed.started_at as last_run_at,
        cast(unbroken.n_runs as {{ dbt.type_bigint() }}) as n_runs,
        executed.n_failing_rows,
        executed.n_failing_rows_before,
        executed.n_skipped,
        executed.message,
        executed.sample_rows,
        executed.owner_team,
        executed.first_step,
        executed.rerun_command,
        executed.command,
        executed.invocation_id
    from executed
    inner join unbroken on executed.test_id = unbroken.test_id
    where executed.place = 1 and executed.status <> 'passed'
)

select * from final
