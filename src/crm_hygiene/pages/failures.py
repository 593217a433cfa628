"""The failure review: what failed in the last runs, why, what is at risk, what to try first.

    crm-hygiene failures [--out FILE] [--format text|html] [--target NAME]

Records the last runs of dbt and of the landing gate in the warehouse, writes the review as a page
(reports/failures.html) and prints it (--format html: prints only where the page is). Its first line
names the cause. Works after any run: `make build`, a plain `dbt build`, one that the gate or dbt
itself stopped before anything was built.
"""

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb
import jinja2
from markupsafe import Markup

from crm_hygiene import runs
from crm_hygiene.cli import command_parser
from crm_hygiene.pages.files import TEMPLATES, hash_source, write_page
from crm_hygiene.project import ROOT
from crm_hygiene.warehouse import (
    WarehouseError,
    columns_of,
    first_line,
    let_go_of_the_file,
    open_warehouse,
    require_duckdb,
    warehouse_path,
)
from crm_hygiene.warehouse import rows as query

SHOWN_RUNS = 14
# Of several causes the one that explains most comes first.
KINDS = ("run", "landing", "model", "seed", "snapshot", "operation", "unit_test", "test")
WORDS = {
    "run": "run",
    "landing": "landing check",
    "test": "test",
    "unit_test": "unit test",
    "operation": "hook",
}
# Warnings of the landing gate that explain failures elsewhere.
LOST_COLUMN = "column_is_still_landed"
REPEATED_KEY = "expect_column_values_to_be_unique"
# Where so many times as many rows fail as in the run before, it is news.
NEWS = 2


@dataclass
class Cause:
    """What is wrong, in one sentence, and the failures that it explains, the first one foremost."""

    sentence: str
    failures: list[dict] = field(default_factory=list)
    # Of the first run of all nothing is news.
    has_earlier_run: bool = True

    @property
    def first(self) -> dict:
        """The failure to begin with."""
        return self.failures[0]

    @property
    def is_warning(self) -> bool:
        """Whether nothing of it failed."""
        return all(failure["status"] == "warned" for failure in self.failures)

    @property
    def is_news(self) -> bool:
        """Whether it is new, or much worse than it was."""
        before, now = self.first["n_failing_rows_before"], self.first["n_failing_rows"]
        is_much_worse = (now or 0) >= NEWS * (before or now or 0) > 0
        return self.has_earlier_run and (self.first["n_runs"] == 1 or is_much_worse)

    @property
    def is_old_warning(self) -> bool:
        """Whether it is a warning that says nothing new."""
        return self.is_warning and not self.is_news and self.first["name"] != LOST_COLUMN

    @property
    def n_skipped(self) -> int:
        """Steps that were left out for it."""
        return max(failure["n_skipped"] or 0 for failure in self.failures)


@dataclass
class Review:
    """The first line, the causes, and the runs that were looked at."""

    first_line: str
    causes: list[Cause] = field(default_factory=list)
    history: list[dict] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


# --------------------------------------------------------------------------------------------------
# Causes
# --------------------------------------------------------------------------------------------------


def contract_faults(message: str) -> list[str]:
    """Return what dbt's table of a broken contract says, a sentence a column."""
    faults = []
    for line in message.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) != 4 or cells[0] == "column_name" or set(cells[0]) <= {"-", " "}:
            continue
        column, came, declared, reason = cells
        if "type" in reason:
            faults.append(f"column {column} came as {came}, declared is {declared}")
        elif "contract" in reason:
            faults.append(f"column {column} came, the contract does not declare it")
        else:
            faults.append(f"column {column} is declared, the SQL does not give it")
    return faults


def plain_message(message: str | None) -> str:
    """Return what dbt said in one sentence, without where it says it."""
    lines = [line.strip() for line in (message or "").splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith(("compiled code at", "> in "))]
    if len(lines) > 1 and re.match(r"[A-Z]\w+( \w+)* Error in ", lines[0]):
        lines = lines[1:]
    text = " ".join(lines[:2]) if lines else "dbt said nothing more"
    return text if len(text) <= 240 else f"{text[:239]}…"


def sentence(failure: dict) -> str:
    """Return the cause of one failure in one sentence."""
    kind, name, message = failure["kind"], failure["name"], failure["message"] or ""
    if kind == "run" and failure["tool"] == "dbt":
        return f"dbt stopped before its first step: {': '.join(message.splitlines()[:2])}"
    if kind == "run":
        return f"The landing could not be checked: {plain_message(message)}"
    if kind == "landing":
        return message
    if "enforced contract" in message:
        faults = contract_faults(message) or ["its columns are not the declared ones"]
        return f"The contract of {kind} {name} is broken: {'; '.join(faults)}."
    if kind == "unit_test":
        return (
            f"Our SQL of {failure['object_tested']} means something else than the unit test"
            f" {name} expects."
            if failure["status"] == "failed"
            else f"The unit test {name} could not be run: {plain_message(message)}"
        )
    if kind == "test" and failure["status"] != "error":
        rows = counted(failure["n_failing_rows"] or 0, "row")
        return f"{rows} of {failure['object_tested']} break what must hold: {failure['protects']}"
    return f"The {WORDS.get(kind, kind)} {name} could not be run: {plain_message(message)}"


def root(failure: dict, broken_tables: set[str]) -> str:
    """Return what failures with one cause have in common."""
    if failure["kind"] == "landing" and failure["object_tested"] in broken_tables:
        # A table that was emptied or lost a column fails in several ways.
        return f"landing {failure['object_tested']}"
    if failure["kind"] == "test" and failure["status"] != "error":
        return f"rows of {failure['object_tested']}"
    if failure["kind"] == "unit_test":
        return f"meaning of {failure['object_tested']}"
    return failure["test_id"]


def rank(cause: Cause, last_runs: dict[str, datetime]) -> tuple:
    """Return the place of a cause: what failed last, what is new, what explains the others."""
    explains = cause.first["name"] == LOST_COLUMN
    # A stop says nothing of a later run, of whichever tool.
    is_stop = cause.first["kind"] == "run"
    last = max(last_runs.values()) if is_stop else last_runs[cause.first["tool"]]
    return (
        cause.is_warning and not explains,
        cause.first["last_run_at"] < last,
        not cause.is_news,
        KINDS.index(cause.first["kind"]) if cause.first["kind"] in KINDS else len(KINDS),
        not explains and cause.first["name"] != REPEATED_KEY,
        cause.first["test_id"],
    )


def causes_of(failures: list[dict], first_runs: Collection[str] = ()) -> list[Cause]:
    """Return the failures grouped by cause, the cause to begin with first.

    Of the tools in first_runs this is the first run.
    """
    groups: dict[str, list[dict]] = {}
    landing = [failure for failure in failures if failure["kind"] == "landing"]
    broken = {failure["object_tested"] for failure in landing if failure["status"] == "failed"}
    for failure in sorted(failures, key=importance):
        groups.setdefault(root(failure, broken), []).append(failure)
    last_runs: dict[str, datetime] = {}
    for failure in failures:
        tool, at = failure["tool"], failure["last_run_at"]
        last_runs[tool] = max(at, last_runs.get(tool, at))
    causes = [
        Cause(sentence(group[0]), group, group[0]["tool"] not in first_runs)
        for group in groups.values()
    ]
    return sorted(causes, key=lambda cause: rank(cause, last_runs))


def importance(failure: dict) -> tuple:
    """Return the place of a failure among those with the same cause."""
    kinds = ("expect_table_columns_to_match_set", "expect_table_row_count_to_be_between")
    place = kinds.index(failure["name"]) if failure["name"] in kinds else len(kinds)
    return failure["status"] == "warned", place, -(failure["n_skipped"] or 0), failure["test_id"]


def counted(count: int, noun: str) -> str:
    """Return a count with its noun."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def minute(instant: datetime) -> str:
    """Return an instant to the minute."""
    return f"{instant:%Y-%m-%d %H:%M} UTC"


# --------------------------------------------------------------------------------------------------
# The review
# --------------------------------------------------------------------------------------------------

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


def review(
    path: Path | None = None, target: Path | None = None, logs: Path | None = None
) -> Review:
    """Record what the last runs left behind, and return the review of all that is open."""
    path = path or warehouse_path()
    target, logs = target or runs.places()[0], logs or runs.places()[1]
    left = runs.left_behind(target, logs)
    failures, history = from_artifacts(left)
    notes = []
    if left or path.exists():
        try:
            let_go_of_the_file()
            if path.parent.is_dir():
                runs.record(path, left, target)
            with open_warehouse(path) as connection:
                history = query(connection, HISTORY.format(table=runs.TABLE))
                if columns_of(connection, FAILURES):
                    failures = query(connection, f"select * from {FAILURES}")
        except (duckdb.Error, WarehouseError) as error:
            notes.append(
                f"The history of runs is out of reach ({first_line(error)}): this is what the last"
                " run left behind."
            )
    n_runs = Counter(run["tool"] for run in history)
    causes = causes_of(failures, {tool for tool, count in n_runs.items() if count == 1})
    return Review(opening(causes, history), causes, history, notes)


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


def facts(cause: Cause) -> list[tuple[str, str]]:
    """Return what a person should know of a cause, as labels and texts."""
    first = cause.first
    since = f"{minute(first['failing_since'])}, {counted(first['n_runs'], 'run')}"
    rows = f"{first['n_failing_rows']:,}" if first["n_failing_rows"] else None
    if rows and first["n_failing_rows_before"] is not None:
        rows += f", {first['n_failing_rows_before']:,} in the run before"
    found = [
        ("Protects", first["protects"]),
        ("Tested", first["object_tested"]),
        ("Failing since", since),
        ("Failing rows", rows),
        ("Skipped for it", counted(cause.n_skipped, "step") if cause.n_skipped else None),
        ("Marts at risk", first["marts_at_risk"]),
        ("Figures at risk", first["figures_at_risk"]),
        ("Owner", first["owner_team"]),
    ]
    return [(label, text) for label, text in found if text]


def shortened(text: str, length: int = 160) -> str:
    """Return a text that is not too long to read in a terminal, at a comma where it has one."""
    if len(text) <= length:
        return text
    kept = text[:length].rpartition(", ")[0]
    # A list of names, or prose.
    if kept and not re.search(r"[.:] ", text):
        return f"{kept} and {text[len(kept) :].count(', ')} more"
    return f"{text[: length - 1]}…"


def as_text(found: Review) -> str:
    """Return the review for a terminal."""
    lines = [found.first_line]
    for number, cause in enumerate(found.causes, 1):
        line = f"{number}. {'WARNING ' if cause.is_warning else ''}{cause.sentence}"
        if cause.is_old_warning:
            lines.append(f"{line} (since {minute(cause.first['failing_since'])})")
            continue
        lines += ["", line]
        lines.append(f"   First try: {cause.first['first_step']}")
        lines.append(f"   Run again: {cause.first['rerun_command']}")
        lines += [f"   {label}: {shortened(text)}" for label, text in facts(cause)]
        for row in sample(cause.first):
            values = ", ".join(f"{name} {value}" for name, value in row.items())
            lines.append(f"   e.g. {shortened(values)}")
        for other in cause.failures[1:6]:
            lines.append(f"   also: {sentence(other)}")
        if cause.failures[6:]:
            lines.append(f"   and {len(cause.failures) - 6} more failures of the same cause")
    lines += ["", *found.notes] if found.notes else []
    # What a landed value or a message brings along must not steer the terminal.
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", " ", "\n".join(lines))


def sample(failure: dict) -> list[dict]:
    """Return the sample of failing rows."""
    return json.loads(failure["sample_rows"] or "[]")


def as_html(found: Review, out: Path, target: Path) -> str:
    """Return the review as a page that asks nothing of any host and runs no script."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["minute"] = minute
    styles = "".join(
        (TEMPLATES / name).read_text("utf-8") for name in ("style.css", "failures.css")
    )
    checks = target / "landing_checks" / "index.html"
    return environment.get_template("failures.html").render(
        review=found,
        facts=facts,
        sample=sample,
        sentence=sentence,
        runs=found.history[:SHOWN_RUNS],
        data_docs=os.path.relpath(checks, out.parent) if checks.exists() else None,
        styles=Markup(styles),
        csp=f"default-src 'none'; style-src {hash_source(styles)}; img-src data:; base-uri 'none';"
        " form-action 'none'",
    )


def build(path: Path | None = None, out: Path | None = None) -> Review:
    """Record the last runs, write the page, and return the review."""
    out = out or ROOT / "reports" / "failures.html"
    found = review(path)
    write_page(out, as_html(found, out.resolve(), runs.places()[0]))
    return found


def main(arguments: Iterable[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    parser = command_parser("failures", __doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "reports" / "failures.html")
    parser.add_argument("--format", choices=("text", "html"), default="text")
    parser.add_argument("--target", default=os.environ.get("CRM_HYGIENE_TARGET", "duckdb"))
    given = parser.parse_args(arguments)
    try:
        require_duckdb(given.target, "make failures")
        found = build(out=given.out)
    except (WarehouseError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(as_text(found) if given.format == "text" else given.out)
    return 0
