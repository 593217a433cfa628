"""The table runs.results: what the last runs left is added to it, what is too old is dropped."""

import contextlib
import json
import os
from pathlib import Path

import duckdb

from crm_hygiene.gate.words import PERSONAL
from crm_hygiene.marts import personal_columns
from crm_hygiene.project import ROOT
from crm_hygiene.runs.of_dbt import rows_of_dbt, rows_of_stop
from crm_hygiene.runs.of_gate import SAMPLE_SIZE, rows_of_gate
from crm_hygiene.runs.project import Project
from crm_hygiene.runs.result import COLUMNS, EMAIL, HIDDEN, TABLE, Result
from crm_hygiene.warehouse import columns_of

KEPT_DAYS = 90
# Columns that say which record, or which landed row, a failing row is.
KEYS = ("record_key", "crm", "object_type", "record_id", "source_table", "source_key", "change_id")


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
    # The rows of a model of one landed table do not say which table it is.
    parents = (model.get("depends_on") or {}).get("nodes") or []
    sources = [key.split(".")[2:] for key in parents if key.startswith("source.")]
    landed = (
        dict(zip(("crm", "source_table"), sources[0], strict=True)) if len(sources) == 1 else {}
    )
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


def record(path: Path | str, rows: list[Result], target: Path) -> int:
    """Add the runs that are new to the warehouse, drop what is too old; return the rows added."""
    if isinstance(path, str):
        return record_on_postgres(path, rows, target)
    definition = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    known = known_runs(path)
    if known is not None and all(row.invocation_id in known for row in rows):
        # Whoever reads the warehouse meanwhile is left in peace.
        return 0
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema if not exists runs")
        connection.execute(f"create table if not exists {TABLE} ({definition})")
        added = [row for row in rows if row.invocation_id not in (known or ())]
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


def record_on_postgres(place: str, rows: list[Result], target: Path) -> int:
    """Do the same in the PostgreSQL of a target of profiles.yml."""
    from psycopg2.extras import execute_values

    from crm_hygiene.postgres import connect_target, open_target

    with open_target(place) as copied:
        known = set()
        if columns_of(copied, TABLE):
            known = {
                row[0] for row in copied.execute(f"select invocation_id from {TABLE}").fetchall()
            }
        added = [row for row in rows if row.invocation_id not in known]
        add_samples(copied, added, target)
    definition = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    with (
        contextlib.closing(connect_target(place)) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("create schema if not exists runs")
        cursor.execute(f"create table if not exists {TABLE} ({definition})")
        execute_values(
            cursor,
            f"insert into {TABLE} ({', '.join(COLUMNS)}) values %s",
            [[getattr(row, name) for name in COLUMNS] for row in added],
        )
        cursor.execute(
            f"delete from {TABLE} where started_at <"
            f" (select max(started_at) from {TABLE}) - interval '{KEPT_DAYS} days'"
        )
    return len(added)


def known_runs(path: Path) -> set[str] | None:
    """Return the runs that the warehouse knows; None where it has no table of them."""
    if not path.exists():
        return None
    with duckdb.connect(str(path), read_only=True) as connection:
        if not columns_of(connection, TABLE):
            return None
        found = connection.execute(f"select distinct invocation_id from {TABLE}").fetchall()
    return {invocation_id for (invocation_id,) in found}


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
