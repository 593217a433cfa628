"""What the gate finds: checks, and all of them together."""

from dataclasses import dataclass, field
from pathlib import Path

SHOWN_WARNINGS = 6
# Columns that the gate adds to each table; expectations may use them like landed ones.
DERIVED_COLUMNS = ("_key", "_unreadable", "_example", "_future")


class GateError(Exception):
    """The gate cannot run: the configuration or the expectations are wrong."""


@dataclass
class Check:
    """One expectation and how it went; `ok` is None where it was not judged."""

    crm: str
    table: str
    column: str
    severity: str
    type: str
    expected: str
    found: str
    ok: bool | None
    sample: list[dict[str, str]] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """The result in a word."""
        return {True: "passed", None: "not judged", False: self.severity}[self.ok]

    def sentence(self) -> str:
        """The check in one sentence: where, what was expected, what was found."""
        where = f"{self.crm}.{self.table}" if self.table else self.crm
        is_landed = self.column and self.column not in DERIVED_COLUMNS
        column = f", column {self.column}" if is_landed else ""
        return f"{where}{column}: expected {self.expected}; found {self.found}."


@dataclass
class GateResult:
    """What the gate found; `ok` is False where a critical expectation failed."""

    checks: list[Check] = field(default_factory=list)
    not_landed: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    page: Path | None = None

    def failed(self, severity: str) -> list[Check]:
        """The failed checks of a severity."""
        return [check for check in self.checks if check.ok is False and check.severity == severity]

    @property
    def ok(self) -> bool:
        """Whether the build may go on."""
        return not self.failed("critical")

    def tables(self) -> dict[tuple[str, str], list[Check]]:
        """The checks by landing and table, the worst first."""
        by_table: dict[tuple[str, str], list[Check]] = {}
        for check in self.checks:
            by_table.setdefault((check.crm, check.table), []).append(check)
        rank = {"critical": 0, "warning": 1, "not judged": 2, "passed": 3}
        for checks in by_table.values():
            checks.sort(key=lambda check: rank[check.verdict])
        return dict(sorted(by_table.items(), key=lambda item: rank[item[1][0].verdict]))

    def summary_lines(self) -> list[str]:
        """Short lines for people: what was checked, what failed, what could not be checked."""
        critical, warned = self.failed("critical"), self.failed("warning")
        lines = [f"landing gate: {note}" for note in self.notes]
        if self.checks:
            judged = [check for check in self.checks if check.ok is not None]
            tables = {(check.crm, check.table) for check in judged if check.table}
            lines.append(
                f"landing gate: {plural(len(tables), 'table')}, "
                f"{plural(len(judged), 'expectation')} judged: {len(critical)} failed critically, "
                f"{plural(len(warned), 'warning')}"
                + (f"; details in {nearby(self.page)}" if self.page else "")
            )
        lines += [f"  critical  {check.sentence()}" for check in critical]
        lines += [f"  warning   {check.sentence()}" for check in warned[:SHOWN_WARNINGS]]
        if len(warned) > SHOWN_WARNINGS:
            lines.append(
                f"  warning   and {len(warned) - SHOWN_WARNINGS} more, which stand on the page"
            )
        for crm, tables in self.not_landed.items():
            if tables:
                lines.append(f"  not landed, so not checked: {crm}: {', '.join(tables)}")
        return lines


def nearby(path: Path) -> Path:
    """A path as a reader in the working directory would write it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def plural(count: int, noun: str) -> str:
    """A count with its noun."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
