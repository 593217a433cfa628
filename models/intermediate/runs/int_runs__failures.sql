-- One row per test or step that has not passed since it last failed: its last failure, and since
-- when.
{{ config(materialized='view') }}

with results as (
    select * from {{ ref('int_runs__results') }}
),

complete_runs as (
    select
        tool,
        max(started_at) as started_at
    from results
    where is_complete
    group by tool
),

-- A run that goes over everything and does not know a test any more has lost it.
known_tests as (
    select
        results.tool,
        results.test_id
    from results
    left join complete_runs on results.tool = complete_runs.tool
    group by results.tool, results.test_id, complete_runs.started_at
    having
        complete_runs.started_at is null
        or max(results.started_at) >= complete_runs.started_at
),

executed as (
    select
        results.*,
        row_number() over (
            partition by results.test_id
            order by results.started_at desc, results.invocation_id desc
        ) as place,
        lag(case when results.status <> 'passed' then results.n_failing_rows end) over (
            partition by results.test_id
            order by results.started_at asc, results.invocation_id asc
        ) as n_failing_rows_before,
        max(case when results.status = 'passed' then results.started_at end) over (
            partition by results.test_id
        ) as last_passed_at
    from results
    inner join known_tests
        on results.tool = known_tests.tool and results.test_id = known_tests.test_id
    where results.status <> 'skipped'
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
        executed.*,
        unbroken.failing_since,
        unbroken.n_runs
    from executed
    inner join unbroken on executed.test_id = unbroken.test_id
    where executed.place = 1 and executed.status <> 'passed'
)

select * from final
