"""What is expected of a landing: the files of expectations/, filled in for each table."""

import re
from typing import Any

import yaml

from crm_hygiene.gate.checks import DERIVED_COLUMNS, GateError
from crm_hygiene.gate.landing import LandedTable, Table
from crm_hygiene.project import ROOT

FOLDER = ROOT / "expectations"
SEVERITIES = ("critical", "warning")
PARTS = {"type", "kwargs", "severity", "description"}


def read_expectations(crm: str) -> dict[str, Any]:
    """What is expected of every landing and of this one, checked for what Great Expectations does
    not check; a CRM needs no file of its own."""
    own = FOLDER / f"{crm}.yml"
    every_table = read_file(FOLDER / "every_table.yml")["every_table"]
    tables = (read_file(own)["tables"] if own.exists() else None) or {}
    for entry in [*every_table, *(entry for entries in tables.values() for entry in entries)]:
        if entry.get("severity") not in SEVERITIES or not set(entry) <= PARTS:
            raise GateError(
                f"expectations of {crm}: {entry.get('type')} needs type, kwargs and severity"
                f" ({' or '.join(SEVERITIES)}), and may have a description; it has {entry}."
            )
    return {"every_table": every_table, "tables": tables}


def read_file(path: Any) -> dict[str, Any]:
    """The content of a file of expectations."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def expectations_of(content: dict[str, Any], name: str, table: Table) -> list[dict[str, Any]]:
    """The expectations of one table. One of its own takes the place of every_table's of the same
    type, column and severity; a placeholder for a column makes one expectation a column."""
    expanded: dict[tuple[str, ...], dict[str, Any]] = {}
    for entry in [*content["every_table"], *content["tables"].get(name, [])]:
        kwargs = entry.get("kwargs") or {}
        column = kwargs.get("column", "")
        placeholder = str(column).startswith("$")
        for each in table.names(column) if placeholder else [column]:
            filled = {
                argument: fill_placeholder(value, table, each)
                for argument, value in kwargs.items()
                if argument != "column"
            }
            if each:
                filled["column"] = each
            what = each or filled.get("unexpected_rows_query", "")
            expanded[entry["type"], what, entry["severity"]] = {**entry, "kwargs": filled}
    return list(expanded.values())


def fill_placeholder(value: Any, table: Table, column: str) -> Any:
    """An argument with the declared names or values that its placeholder stands for."""
    if value == "$accepted":
        return table.accepted[column]
    return table.names(value) if isinstance(value, str) and value.startswith("$") else value


def lacking_columns(
    entry: dict[str, Any], name: str, tables: dict[str, Table], landed: dict[str, LandedTable]
) -> list[str]:
    """What an expectation needs of the landing and does not find: tables or columns."""
    kwargs = entry["kwargs"]
    if "unexpected_rows_query" not in kwargs:
        column = kwargs.get("column", "")
        if not column or entry["type"] == "expect_column_to_exist" or column in DERIVED_COLUMNS:
            return []
        return [] if any(map(landed[name].has, column.split(" or "))) else [column]
    others = others_of(entry)
    if unlanded := [other for other in others if other not in landed]:
        return unlanded
    used = [name, *others]
    words = set(re.findall(r"\w+", kwargs["unexpected_rows_query"]))
    return sorted(
        word
        for word in words.intersection(set().union(*(tables[t].columns for t in used)))
        if not any(landed[t].has(word) for t in used)
    )


def others_of(entry: dict[str, Any]) -> list[str]:
    """The other tables that the query of an expectation reads."""
    found = re.findall(r"\{(\w+)\}", entry["kwargs"].get("unexpected_rows_query", ""))
    return [other for other in found if other != "batch"]


def columns_used(
    name: str, table: Table, expected: dict[str, list[dict[str, Any]]], landed: LandedTable
) -> list[str]:
    """The columns of a landed table that any expectation of its landing is about, or that name its
    rows."""
    mentioned = {*table.key, *table.names("$required")}
    for other, entries in expected.items():
        for entry in entries:
            if other == name or name in others_of(entry):
                mentioned |= set(re.findall(r"\w+", str(entry["kwargs"])))
    return [
        column
        for column in dict.fromkeys([*table.columns, *table.names("$required")])
        if column in mentioned and any(map(landed.has, column.split(" or ")))
    ]
