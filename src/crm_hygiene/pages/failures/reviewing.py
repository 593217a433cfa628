"""The review: the first line, the causes and the runs that it is about."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from crm_hygiene import runs
from crm_hygiene.pages.failures.causes import LOST_COLUMN, Cause, causes_of
from crm_hygiene.pages.words import counted, minute
from crm_hygiene.warehouse import (
    WarehouseError,
    columns_of,
    first_line,
    let_go_of_the_file,
    open_warehouse,
    rows,
    unpublished_path,
    warehouse_path,
)

# Marts whose figures this file reads, where they are built.
FAILURES = "marts.test_failures"
HISTORY = """
    select
        invocation_id, tool, any_value(command) as command, min(started_at) as started_at,
        bool_or(is_complete) as is_complete,
        count(*) filter (where kind in ('test', 'unit_test', 'landing')
            and status = 'passed') as n_passed,
        count(*) filter (where status = 'warned') as n_warned,
        count(*) filter (where status in ('failed', 'error')) as n_failed,
        count(*) filter (where status = 'skipped' and kind <> 'landing') as n_skipped
    from {table}
    group by invocation_id, tool
    order by min(started_at) desc, invocation_id
"""


@dataclass
class Review:
    """The first line, the causes, and the runs that were looked at."""

    first_line: str
    causes: list[Cause] = field(default_factory=list)
    history: list[dict] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def review(
    path: Path | str | None = None, target: Path | None = None, logs: Path | None = None
) -> Review:
    """Record what the last runs left behind, and return the review of all that is open."""
    path = path or unpublished_path() or warehouse_path()
    target, logs = target or runs.places()[0], logs or runs.places()[1]
    left = runs.left_behind(target, logs)
    failures, history = from_artifacts(left)
    notes = []
    is_file = isinstance(path, Path)
    if left or not is_file or path.exists():
        try:
            let_go_of_the_file()
            if not is_file or path.parent.is_dir():
                runs.record(path, left, target)
            with open_warehouse(path) as connection:
                history = rows(connection, HISTORY.format(table=runs.TABLE))
                if columns_of(connection, FAILURES):
                    failures = rows(connection, f"select * from {FAILURES}")
        except (duckdb.Error, WarehouseError) as error:
            notes.append(
                f"The history of runs is out of reach ({first_line(error)}): this is what the last"
                " run left behind."
            )
    n_runs = Counter(run["tool"] for run in history)
    causes = causes_of(failures, {tool for tool, count in n_runs.items() if count == 1})
    return Review(opening(causes, history), causes, history, notes)


def from_artifacts(left: list[runs.Result]) -> tuple[list[dict], list[dict]]:
    """Return the failures and the history as far as the last artifacts tell."""
    failures = [
        {**vars(row), "failing_since": row.started_at, "last_run_at": row.started_at, "n_runs": 1}
        | {"n_failing_rows_before": None}
        for row in left
        if row.is_failure
    ]
    history = []
    for invocation in dict.fromkeys(row.invocation_id for row in reversed(left)):
        rows = [row for row in left if row.invocation_id == invocation]
        tests = [row for row in rows if row.kind in ("test", "unit_test", "landing")]
        history.append(
            {name: getattr(rows[0], name) for name in ("tool", "command", "started_at")}
            | {
                "n_passed": sum(row.status == "passed" for row in tests),
                "n_warned": sum(row.status == "warned" for row in rows),
                "n_failed": sum(row.status in ("failed", "error") for row in rows),
                "n_skipped": sum(r.status == "skipped" and r.kind != "landing" for r in rows),
            }
        )
    return failures, history


def opening(causes: list[Cause], history: list[dict]) -> str:
    """Return the first line: the cause, or that all is well."""
    if not history:
        return "Nothing has run yet: run make build."
    others = [
        counted(count, noun)
        for noun in ("more cause", "warning")
        if (count := sum(cause.is_warning == (noun == "warning") for cause in causes[1:]))
    ]
    more = f" Besides: {', '.join(others)}." if others else ""
    if more and not causes[0].sentence.endswith((".", "?")):
        more = f".{more}"
    if causes and (not causes[0].is_warning or causes[0].first["name"] == LOST_COLUMN):
        return f"{causes[0].sentence}{more}"
    tested = [run for run in history if run["n_passed"] or run["n_warned"]]
    if not tested:
        return "Nothing is tested yet: run make build."
    built = next((run for run in tested if run["tool"] == "dbt"), tested[0])
    well = (
        f"{counted(built['n_passed'], 'test')} passed and {built['n_warned']} warned"
        if built["n_warned"]
        else f"All {counted(built['n_passed'], 'test')} passed"
    )
    well += f" in the run of {minute(built['started_at'])} ({built['command']})."
    if not causes:
        return well
    if causes[0].is_news:
        return f"{causes[0].sentence} Nothing failed for it.{more}"
    warnings = counted(len(causes), "warning")
    stand = "stands" if len(causes) == 1 else "stand"
    return f"{well} {warnings} {stand}, first: {causes[0].sentence}"
