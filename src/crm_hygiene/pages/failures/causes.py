"""What is wrong: failures grouped by cause, the cause to begin with first."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from crm_hygiene.pages.words import counted

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
