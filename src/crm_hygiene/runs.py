"""What a run of dbt or of the landing gate left behind, as rows for the table runs.results.

dbt leaves run_results.json and manifest.json in target/, and where it stopped before any result
only its log; the gate leaves landing_checks/results.json.
"""

import json
import os
import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from crm_hygiene.gate import PERSONAL
from crm_hygiene.marts import personal_columns
from crm_hygiene.project import ROOT
from crm_hygiene.warehouse import columns_of

TABLE = "runs.results"
KEPT_DAYS = 90
SAMPLE_SIZE = 5
NOBODY_ELSE = "data engineering"
DBT = "DBT_PROFILES_DIR=profiles .venv/bin/dbt"

# Commands of dbt that run something; others, such as compile, leave artifacts too.
COMMANDS = ("build", "run", "test", "seed", "snapshot", "retry")
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
    "unique": "No two rows of {model} have the same {column}, so nothing is counted twice.",
    "unique_combination_of_columns": (
        "No two rows of {model} have the same {columns}, so nothing is counted twice."
    ),
    "accepted_values": "{column} of {model} has no value but {values}.",
    "accepted_range": "{column} of {model} is within its bounds.",
    "relationships": "Every {column} of {model} is found in {other}.",
    "expression_is_true": "In every row of {model}: {expression}.",
}
# The figures that the marts of a folder feed; another folder is told by its name.
FIGURES = {
    "archetypes": "dirty records by cause",
    "health": "grade, health metrics, hygiene SLAs",
    "history": "trust in the histories",
    "identity": "duplicates",
    "landing": "what is not landed, rejected rows",
    "lifecycle": "clean-up lists",
    "reporting": "impact of the clean-up, reporting drift",
    "root_cause": "top causes, fixes, stop the line",
    "runs": "failure review",
    "signals": "process signals, stage dwell",
    "teams": "team figures",
}
# Columns that say which record, or which landed row, a failing row is.
KEYS = ("record_key", "crm", "object_type", "record_id", "source_table", "source_key", "change_id")
HIDDEN = "(hidden)"
EMAIL = re.compile(r"[^\s'\"<>(),;|]+@[^\s'\"<>(),;|]+")
# Bare digits are ids.
PHONE = re.compile(r"\+[0-9][0-9 ().-]{6,}[0-9]|\(?\b[0-9]{3}\)?[ .-][0-9]{3}[ .-][0-9]{4}\b")


@dataclass
class Result:
    """How one test or step went; the texts from `protects` on stand where it did not pass."""

    invocation_id: str
    tool: str
    command: str
    started_at: datetime
    is_complete: bool
    test_id: str
    kind: str
    name: str
    status: str
    n_failing_rows: int | None = None
    n_skipped: int | None = None
    message: str | None = None
    object_tested: str | None = None
    protects: str | None = None
    marts_at_risk: str | None = None
    figures_at_risk: str | None = None
    owner_team: str | None = None
    sample_rows: str | None = None
    first_step: str | None = None
    rerun_command: str | None = None

    @property
    def is_failure(self) -> bool:
        """Whether a person should look at it."""
        return self.status in ("failed", "error", "warned")


TYPES = {"bool": "boolean", "datetime": "timestamp", "int | None": "bigint"}
COLUMNS = {
    each.name: TYPES.get(getattr(each.type, "__name__", str(each.type)), "varchar")
    for each in fields(Result)
}


@dataclass
class Project:
    """The project as dbt's manifest has it; empty where there is none yet."""

    nodes: dict[str, dict] = field(default_factory=dict)
    children: dict[str, list[str]] = field(default_factory=dict)
    groups: dict[str, dict] = field(default_factory=dict)

    @classmethod
    def read(cls, target: Path) -> "Project":
        """Read target/manifest.json."""
        manifest = read_json(target / "manifest.json")
        kinds = ("nodes", "sources", "unit_tests", "exposures")
        return cls(
            {key: node for kind in kinds for key, node in manifest.get(kind, {}).items()},
            manifest.get("child_map") or {},
            manifest.get("groups") or {},
        )

    def descendants(self, starts: Iterable[str]) -> set[str]:
        """Return everything that depends on these nodes, and they themselves."""
        found, waiting = set(), list(starts)
        while waiting:
            node = waiting.pop()
            if node not in found:
                found.add(node)
                waiting += self.children.get(node, [])
        return found

    def tested_by(self, node: dict) -> list[str]:
        """Return what a test tests; a model or a seed stands for itself."""
        if node.get("attached_node"):
            return [node["attached_node"]]
        if node["resource_type"] in ("test", "unit_test"):
            return list(node["depends_on"]["nodes"])
        return [node["unique_id"]]

    def owner(self, tested: Iterable[str]) -> str:
        """Return who owns the first of these nodes that has an owner."""
        for node in (self.nodes.get(key, {}) for key in tested):
            config = node.get("config") or {}
            if group := node.get("group") or config.get("group"):
                described = next((g for g in self.groups.values() if g["name"] == group), {})
                return (described.get("owner") or {}).get("name") or group
            if team := (config.get("meta") or {}).get("owner_team"):
                return team
        return NOBODY_ELSE

    def needed_by(self, source: str, column: str) -> str | None:
        """Return what the sources files say needs a landed column, or else its table."""
        node = self.nodes.get(source, {})
        described = (node.get("columns") or {}).get(column, {})
        for each in (described, node):
            if found := ((each.get("config") or {}).get("meta") or {}).get("needed_by"):
                return found
        return None

    def at_risk(self, tested: Iterable[str]) -> tuple[str | None, str | None]:
        """Return the marts that read these nodes, and the figures they feed."""
        marts, figures = set(), set()
        for key in self.descendants(tested):
            folders = Path(self.nodes.get(key, {}).get("original_file_path", "")).parts
            if key.startswith("model.") and folders[:2] == ("models", "marts"):
                marts.add(self.nodes[key]["name"])
                figures.add(FIGURES.get(folders[2], folders[2].replace("_", " ")))
        return ", ".join(sorted(marts)) or None, ", ".join(sorted(figures)) or None


def read_json(path: Path) -> dict:
    """Return what a JSON file holds; nothing where it is not there or was cut off."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def instant(text: str) -> datetime:
    """Return an instant of an artifact as UTC without time zone."""
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found


def one_line(text: object) -> str:
    """Return a text on one line, without what looks like an address or a telephone number."""
    flat = " ".join(str(text).split())
    return PHONE.sub(HIDDEN, EMAIL.sub(HIDDEN, flat))


def in_words(name: str) -> str:
    """Return a name as a sentence."""
    words = name.replace("__", ": ").replace("_", " ").strip()
    return f"{words[:1].upper()}{words[1:]}."


def options(variables: dict, target: str) -> str:
    """Return the options that repeat a run's variables and target."""
    given = f" --target {shlex.quote(target)}" if target != "duckdb" else ""
    return given + (f" --vars {shlex.quote(json.dumps(variables))}" if variables else "")


# --------------------------------------------------------------------------------------------------
# dbt
# --------------------------------------------------------------------------------------------------


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
        "columns": ", ".join(kwargs.get("combination_of_columns") or []),
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
        return f"Look at the failing rows: select * from {node['schema']}.{node['alias']}"
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
        ended = re.search(rf"Command `\w+ ({'|'.join(COMMANDS)})` (?:failed|succeeded)", block)
        if not ended:
            continue
        said = re.search(
            r"Encountered an error:\n(.*?)(?=^[0-9:.]{15} \[|\Z)", block, re.DOTALL | re.MULTILINE
        )
        if not said:
            return []
        started_at = datetime.combine(day, datetime.strptime(start[1], "%H:%M:%S.%f").time())
        if started_at > day:
            started_at -= timedelta(days=1)
        return [stopped(start[2], f"dbt {ended[1]}", started_at, told(said[1]))]
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


# --------------------------------------------------------------------------------------------------
# The landing gate
# --------------------------------------------------------------------------------------------------

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
        row.first_step = LANDING_STEPS.get(
            check["type"], "Look at the rows in the CRM; they are data, and the build goes on."
        )
        row.rerun_command = command
        keys = {"crm": check["crm"], "source_table": check["table"]}
        if shown := [{**keys, **found} for found in check["sample"][:SAMPLE_SIZE] if found]:
            row.sample_rows = json.dumps(shown, ensure_ascii=False)
    return rows


# --------------------------------------------------------------------------------------------------
# The warehouse
# --------------------------------------------------------------------------------------------------


def is_personal(column: str) -> bool:
    """Return whether a column of any model holds personal data, or sounds like it."""
    tagged = set().union(*personal_columns().values())
    return column in tagged or (column not in KEYS and bool(PERSONAL.search(column)))


def quoted(*names: str) -> str:
    """Return a name as SQL."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def add_samples(connection: duckdb.DuckDBPyConnection, rows: list[Result], target: Path) -> None:
    """Give the failed tests of dbt some of their failing rows, which dbt has stored."""
    nodes = Project.read(target).nodes
    for row in rows:
        node = nodes.get(row.test_id, {})
        if row.kind != "test" or not row.is_failure or not node.get("relation_name"):
            continue
        try:
            found = failing_rows(connection, node, nodes.get(node.get("attached_node"), {}))
        except duckdb.Error:
            continue
        if found:
            row.sample_rows = json.dumps(found, ensure_ascii=False)


def failing_rows(
    connection: duckdb.DuckDBPyConnection, node: dict, model: dict
) -> list[dict[str, str | None]]:
    """Return some failing rows of a test: their keys and what was tested, personal data hidden."""
    stored = quoted(node["schema"], node["alias"])
    tested = node.get("column_name")
    names = columns_of(connection, f"{node['schema']}.{node['alias']}")
    relation = quoted(model["schema"], model["alias"]) if model else ""
    columns = columns_of(connection, f"{model['schema']}.{model['alias']}") if model else []
    combined = (node.get("test_metadata") or {}).get("kwargs", {}).get("combination_of_columns")
    if tested in columns and not set(KEYS) & set(names) and set(KEYS) & set(columns):
        # The test keeps only the value: the rows that have it tell which records they are.
        value = next((n for n in names if n in ("unique_field", "value_field", "from_field")), "")
        if value:
            stored = (
                f"(select model.* from {relation} as model where model.{quoted(tested)} in"
                f" (select {quoted(value)} from {stored})) as model"
            )
            names = columns
    told_columns = [tested, *(combined or [])]
    shown = [name for name in names if name in KEYS or name in told_columns]
    shown += [name for name in names if name not in columns and name not in shown]
    if "record_sk" in names and "record_key" not in names:
        shown.insert(0, "record_sk")
    found = connection.execute(
        f"select {', '.join(map(quoted, shown)) or '*'} from {stored} limit {SAMPLE_SIZE}"
    )
    header = [column[0] for column in found.description]
    personal = {
        name
        for name in header
        if is_personal(name)
        or (name in ("unique_field", "value_field", "from_field") and is_personal(tested or ""))
    }
    base = re.fullmatch(r"base_(salesforce|hubspot|open)__(\w+)", model.get("name", ""))
    landed = {"crm": base[1], "source_table": base[2]} if base else {}
    return [
        landed
        | {
            name: shown_value(value, name in personal)
            for name, value in zip(header, values, strict=True)
        }
        for values in found.fetchall()
    ]


def shown_value(value: object, is_hidden: bool) -> str | None:
    """Return a value as the sample shows it."""
    if value is None:
        return None
    text = HIDDEN if is_hidden else EMAIL.sub(HIDDEN, str(value))
    return text if len(text) <= 200 else f"{text[:199]}…"


def record(path: Path, rows: list[Result], target: Path) -> int:
    """Add the runs that are new to the warehouse, drop what is too old; return the rows added."""
    definition = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema if not exists runs")
        connection.execute(f"create table if not exists {TABLE} ({definition})")
        known = connection.execute(f"select distinct invocation_id from {TABLE}").fetchall()
        added = [row for row in rows if (row.invocation_id,) not in known]
        add_samples(connection, added, target)
        if added:
            # One list a column: thousands of rows in one statement.
            lists = ", ".join(f"unnest(cast(? as {kind}[]))" for kind in COLUMNS.values())
            connection.execute(
                f"insert into {TABLE} ({', '.join(COLUMNS)}) select {lists}",
                [[getattr(row, name) for row in added] for name in COLUMNS],
            )
            connection.execute(
                f"delete from {TABLE} where started_at <"
                f" (select max(started_at) from {TABLE}) - interval {KEPT_DAYS} day"
            )
    return len(added)


def left_behind(target: Path, logs: Path) -> list[Result]:
    """Return what the last runs of the gate and of dbt left behind, the newest run last."""
    rows = rows_of_gate(target) + rows_of_dbt(target) + rows_of_stop(logs)
    return sorted(rows, key=lambda row: row.started_at)


def places() -> tuple[Path, Path]:
    """Return dbt's target and log folders."""
    return (
        ROOT / os.environ.get("DBT_TARGET_PATH", "target"),
        ROOT / os.environ.get("DBT_LOG_PATH", "logs"),
    )
