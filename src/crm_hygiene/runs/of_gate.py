"""What the landing gate's last run left behind, as rows for the table runs.results."""

import json
import re
from pathlib import Path

from crm_hygiene.runs.of_dbt import instant, options
from crm_hygiene.runs.project import Project, read_json
from crm_hygiene.runs.result import NOBODY_ELSE, Result, one_line

SAMPLE_SIZE = 5
LANDING_STEPS = {
    "expect_table_columns_to_match_set": (
        "Land the column again under its old name (a view that names it so will do)."
    ),
    "column_is_still_landed": (
        "Land the column again under its old name (a view that names it so will do); where it is"
        " gone for good, take the table out of warehouse/landing_rows.json."
    ),
    "expect_table_row_count_to_be_between": (
        "Look at the connector's last sync and land the table again; where the loss is right, take"
        " the table out of warehouse/landing_rows.json."
    ),
    "table_is_still_landed": (
        "Look at the connector's last sync and land the table again; where it is gone for good,"
        " take it out of warehouse/landing_rows.json."
    ),
    "landing_has_tables": "Compare crm_sources and the landing's schema with the warehouse.",
    "expect_column_values_to_be_unique": (
        "See whether the loader appended instead of replacing. Nothing is counted twice meanwhile:"
        " of rows with one key the one landed last counts, the others stand in"
        " marts.rejected_rows unless they are exact copies."
    ),
}
# Where the build goes on, and where it stopped.
WHERE_IT_GOES_ON = "Look at the rows in the CRM; they are data, and the build goes on."
WHERE_IT_STOPPED = {
    "_unreadable": (
        "Say in the variable landed_formats how dates and numbers are written (docs/loaders.md), or"
        " land them as ISO 8601 and with a decimal point; nothing is built until they can be read."
    ),
    "expect_column_values_to_be_unique": (
        "See whether the loader appended instead of replacing, and land the table again; nothing is"
        " built until then."
    ),
}
MEND_THE_ROWS = "Mend the rows where they come from; nothing is built until then."


def sentence_of(check: dict, table: str) -> str:
    """Return what a failed check of the gate found, in one sentence."""
    found, kind = check["found"], check["type"]
    if kind == "expect_table_columns_to_match_set":
        return f"{table} lacks a column that must be there: {found}."
    if kind == "column_is_still_landed":
        seen, hint = check["expected"].rpartition(" ")[2], found.partition("; ")[2]
        end = f"; {hint}" if hint else "."
        return f"Column {check['column']} of {table} is no longer landed (it was on {seen}){end}"
    if kind == "table_is_still_landed":
        return f"{table} is no longer landed; expected were {check['expected']}."
    if kind == "expect_table_row_count_to_be_between":
        is_empty = " is empty" if found == "0 rows" else " lost rows"
        return f"{table}{is_empty}: it holds {found}, expected are {check['expected']}."
    if check["column"] == "_key" and "share" in found:
        key = next((", ".join(map(str, row.values())) for row in check["sample"] if row), "")
        example = f", e.g. {key}" if key else ""
        return f"{found.replace('that share', 'share')} in {table}{example}."
    return check["sentence"]


def first_step(check: dict) -> str:
    """Return what to try first for a failed check of the gate."""
    if check["verdict"] != "critical":
        return LANDING_STEPS.get(check["type"], WHERE_IT_GOES_ON)
    for name in (check["column"], check["type"]):
        if name in WHERE_IT_STOPPED:
            return WHERE_IT_STOPPED[name]
    return LANDING_STEPS.get(check["type"], MEND_THE_ROWS)


def rows_of_gate(target: Path) -> list[Result]:
    """Return the results of the landing gate's last run; none where it has not run."""
    results = read_json(target / "landing_checks" / "results.json")
    if not results:
        return []
    project = Project.read(target)
    again = options(results["vars"], results["target"])
    run = {
        "invocation_id": results["id"],
        "tool": "great_expectations",
        "command": f"crm-hygiene gate{again}",
        "started_at": instant(results["started_at"]),
        "is_complete": "error" not in results,
    }
    command = f".venv/bin/crm-hygiene gate{again}"
    rows = [Result(**run, test_id="landing", kind="run", name="landing gate", status="passed")]
    if "error" in results:
        rows[0].status = "error"
        rows[0].message = one_line(results["error"])
        rows[0].protects = "The landing can be read."
        rows[0].object_tested = "the landing"
        rows[0].owner_team = NOBODY_ELSE
        rows[0].first_step = "Mend what the message names: the variables, the profile, the access."
        rows[0].rerun_command = command
    status = {"passed": "passed", "not judged": "skipped", "critical": "failed"}
    ids: set[str] = set()
    for check in results["checks"]:
        table = ".".join(filter(None, [check["crm"], check["table"]]))
        what = check["expected"] if check["type"] == "unexpected_rows_expectation" else ""
        parts = ["landing", table, check["column"], check["type"], check["severity"], what]
        test_id = ":".join(filter(None, parts))
        while test_id in ids:
            test_id += " again"
        ids.add(test_id)
        row = Result(
            **run,
            test_id=test_id,
            kind="landing",
            name=check["type"],
            status=status.get(check["verdict"], "warned"),
            object_tested=table,
        )
        rows.append(row)
        if not row.is_failure:
            continue
        column = check["column"] if not check["column"].startswith("_") else ""
        counted = re.match(
            r"([0-9]+) (?:of [0-9]+ rows?|such rows?|rows? that share)", check["found"]
        )
        row.n_failing_rows = int(counted[1]) if counted else None
        row.message = one_line(sentence_of(check, table))
        row.protects = f"{table}{f', column {column}' if column else ''}: {check['expected']}."
        source = f"source.crm_hygiene.{check['crm']}.{check['table']}"
        if needed_by := project.needed_by(source, column):
            row.protects = f"{row.protects} Needed by: {needed_by}."
        row.marts_at_risk, row.figures_at_risk = project.at_risk([source])
        row.owner_team = NOBODY_ELSE
        row.first_step = first_step(check)
        row.rerun_command = command
        keys = {"crm": check["crm"], "source_table": check["table"]}
        if shown := [{**keys, **found} for found in check["sample"][:SAMPLE_SIZE] if found]:
            row.sample_rows = json.dumps(shown, ensure_ascii=False)
    return rows
