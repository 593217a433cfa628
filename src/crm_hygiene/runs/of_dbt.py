"""What dbt's last run left behind, as rows for the table runs.results: run_results.json and
manifest.json in target/, and where it stopped before any result only its log."""

import json
import re
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path

from crm_hygiene.postgres import NEXT
from crm_hygiene.runs.project import Project, read_json
from crm_hygiene.runs.result import NOBODY_ELSE, Result, one_line

DBT = "DBT_PROFILES_DIR=profiles .venv/bin/dbt"

# Commands of dbt that run something; others, such as compile, leave artifacts too.
COMMANDS = ("build", "run", "test", "seed", "snapshot", "retry")
# The end of one in the log; a project that cannot be parsed stops all of them.
ENDED = re.compile(
    rf"Command `\w+ (?:({'|'.join(COMMANDS)})` (?:failed|succeeded)|(parse)` failed)"
)
STATUSES = {
    "pass": "passed",
    "success": "passed",
    "fail": "failed",
    "warn": "warned",
    "error": "error",
    "runtime error": "error",
    "partial success": "error",
}
# What build.py leaves out of the demo has been landed just before.
LANDED_BEFORE = (["path:seeds/demo"], [])

# What each kind of generic test protects.
PROTECTS = {
    "not_null": "{column} of {model} has a value in every row.",
    "not_null_columns": "In every row of {model} these have a value: {columns}.",
    "unique": "No two rows of {model} have the same {column}, so nothing is counted twice.",
    "unique_combination_of_columns": (
        "No two rows of {model} have the same {columns}, so nothing is counted twice."
    ),
    "accepted_values": "{column} of {model} has no value but {values}.",
    "accepted_range": "{column} of {model} is within its bounds.",
    "relationships": "Every {column} of {model} is found in {other}.",
    "expression_is_true": "In every row of {model}: {expression}.",
}


def instant(text: str) -> datetime:
    """Return an instant of an artifact as UTC without time zone."""
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found


def in_words(name: str) -> str:
    """Return a name as a sentence."""
    words = name.replace("__", ": ").replace("_", " ").strip()
    return f"{words[:1].upper()}{words[1:]}."


def options(variables: dict, target: str) -> str:
    """Return the options that repeat a run's variables and target."""
    given = f" --target {shlex.quote(target)}" if target != "duckdb" else ""
    return given + (f" --vars {shlex.quote(json.dumps(variables))}" if variables else "")


def protects(node: dict, project: Project) -> str:
    """Return what is true as long as a test or step passes."""
    described = " ".join((node.get("description") or "").split())
    generic = node.get("test_metadata")
    if described and node["resource_type"] in ("model", "seed"):
        return re.split(r"(?<=\.)\s", described)[0]
    if described:
        return described
    if not generic:
        return in_words(node["name"])
    kwargs = generic["kwargs"]
    tested = [project.nodes.get(key, {}).get("name", key) for key in project.tested_by(node)]
    texts = {
        "column": node.get("column_name") or kwargs.get("column_name"),
        "columns": ", ".join(kwargs.get("combination_of_columns") or kwargs.get("columns") or []),
        "values": ", ".join(map(str, kwargs.get("values") or [])),
        "other": ", ".join(re.findall(r"ref\(['\"](\w+)", str(kwargs.get("to")))),
        "expression": kwargs.get("expression"),
        "model": ", ".join(tested),
    }
    pattern = PROTECTS.get(generic["name"])
    return " ".join(pattern.format(**texts).split()) if pattern else in_words(node["name"])


def first_step(kind: str, status: str, node: dict, message: str) -> str:
    """Return what to try first for a failed test or step of dbt."""
    file = node.get("original_file_path", "")
    if "enforced contract" in message:
        properties = (node.get("patch_path") or "").partition("://")[2] or "its properties"
        return f"Make the two agree: the SQL in {file}, or the contract in {properties}."
    if kind == "unit_test" and status == "failed":
        return (
            f"Our SQL means something else than it did: compare what changed in the model"
            f" {node.get('model')} with what {file} expects."
        )
    if kind == "test" and node.get("relation_name"):
        # What failed stays in the schemas of the candidate, what only warned is published.
        schema = node["schema"] if status == "failed" else node["schema"].removeprefix(NEXT)
        return f"Look at the failing rows: select * from {schema}.{node['alias']}"
    return f"Read the message, then {file}." if file else "Read the message."


def rows_of_dbt(target: Path) -> list[Result]:
    """Return the results of dbt's last run; none where it left none."""
    artifact = read_json(target / "run_results.json")
    arguments = artifact.get("args") or {}
    if arguments.get("which") not in COMMANDS:
        return []
    project = Project.read(target)
    metadata = artifact["metadata"]
    selected = arguments.get("select") or []
    excluded = arguments.get("exclude") or []
    again = options(arguments.get("vars") or {}, arguments.get("target") or "duckdb")
    run = {
        "invocation_id": metadata["invocation_id"],
        "tool": "dbt",
        "command": shlex.join(
            ["dbt", arguments["which"]]
            + (["--select", *selected] if selected else [])
            + (["--exclude", *excluded] if excluded else [])
        ),
        "started_at": instant(metadata.get("invocation_started_at") or metadata["generated_at"]),
        "is_complete": arguments["which"] == "build"
        and not selected
        and list(excluded) in LANDED_BEFORE
        and not arguments.get("fail_fast"),
    }
    rows = [Result(**run, test_id="dbt", kind="run", name=run["command"], status="passed")]
    skipped = {r["unique_id"] for r in artifact["results"] if r["status"] == "skipped"}
    for result in artifact["results"]:
        key = result["unique_id"]
        node = project.nodes.get(key) or {
            "unique_id": key,
            "resource_type": key.split(".")[0],
            "name": key.split(".")[2] if key.count(".") > 1 else key,
            "depends_on": {"nodes": []},
        }
        row = Result(
            **run,
            test_id=key,
            kind=node["resource_type"],
            name=node["name"],
            status=STATUSES.get(result["status"], "skipped"),
            n_failing_rows=result.get("failures") if node["resource_type"] == "test" else None,
        )
        rows.append(row)
        if not row.is_failure:
            continue
        tested = project.tested_by(node)
        row.message = told(result.get("message") or "")
        row.n_skipped = len(project.descendants([key, *tested]) & skipped)
        row.object_tested = ", ".join(
            project.nodes.get(each, {}).get("name", each) for each in tested
        )
        row.protects = protects(node, project)
        row.marts_at_risk, row.figures_at_risk = project.at_risk(tested)
        row.owner_team = project.owner([key, *tested])
        row.first_step = first_step(row.kind, row.status, node, row.message)
        verb = {"test": "test", "unit_test": "test"}.get(row.kind, "build")
        row.rerun_command = f"{DBT} {verb} --select {shlex.quote(row.name)}{again}"
    return rows


def told(message: str) -> str:
    """Return dbt's message line by line, since it may hold a table, without personal data."""
    lines = (one_line(line) for line in message.strip().splitlines())
    return "\n".join(line for line in lines if line)[:4000]


def rows_of_stop(logs: Path) -> list[Result]:
    """Return the stop of dbt's last run where it came to no result, which only the log tells."""
    log = logs / "dbt.log"
    if not log.exists():
        return []
    text = re.sub(r"\x1b\[[0-9;]*m|\[0m", "", log.read_text(encoding="utf-8", errors="replace"))
    head = re.compile(r"^={20,} ([0-9:.]+) \| ([0-9a-f-]{36}) ={20,}$", re.MULTILINE)
    starts = list(head.finditer(text))
    if not starts:
        # The log of a run that came that far is cut into several files.
        return []
    ends = [start.start() for start in starts[1:]] + [len(text)]
    day = datetime.fromtimestamp(log.stat().st_mtime, UTC).replace(tzinfo=None)
    for start, end in reversed(list(zip(starts, ends, strict=True))):
        block = text[start.end() : end]
        ended = re.search(ENDED, block)
        if not ended:
            continue
        said = re.search(
            r"Encountered an error:\n(.*?)(?=^[0-9:.]{15} \[|\Z)", block, re.DOTALL | re.MULTILINE
        )
        if not said:
            return []
        command = ended[1] or ended[2]
        started_at = datetime.combine(day, datetime.strptime(start[1], "%H:%M:%S.%f").time())
        if started_at > day:
            started_at -= timedelta(days=1)
        return [stopped(start[2], f"dbt {command}", started_at, told(said[1]))]
    return []


def stopped(invocation_id: str, command: str, started_at: datetime, message: str) -> Result:
    """Return the result of a run of dbt that stopped before its first step."""
    return Result(
        invocation_id=invocation_id,
        tool="dbt",
        command=command,
        started_at=started_at,
        is_complete=False,
        test_id="dbt",
        kind="run",
        name=command,
        status="error",
        message=message,
        object_tested="the project",
        protects="dbt can read the project and reach the warehouse.",
        marts_at_risk="all: nothing was built, the last build still stands",
        owner_team=NOBODY_ELSE,
        first_step="Mend what the message names; nothing was built meanwhile.",
        rerun_command=f"{DBT} parse",
    )
