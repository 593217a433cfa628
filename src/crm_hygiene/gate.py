"""The landing gate: validates the landed CRM tables with Great Expectations before dbt reads them.

`crm-hygiene gate` checks what the project would read, writes a page with the results, and
exits with 1 where a critical expectation failed. The expectations stand in expectations/<crm>.yml.
Covers DuckDB and PostgreSQL; says so and lets any other target pass.
"""

from __future__ import annotations

import difflib
import json
import logging
import os
import re
import sys
import uuid
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import jinja2
import yaml

from crm_hygiene.cli import command_parser
from crm_hygiene.project import ROOT
from crm_hygiene.warehouse import let_go_of_the_file

CRMS = ("salesforce", "hubspot", "open")
DEFAULT_SCHEMAS = {"salesforce": "salesforce", "hubspot": "hubspot", "open": "crm_landing"}
SEVERITIES = ("critical", "warning")
SAMPLE_SIZE = 10
SHOWN_WARNINGS = 6
# Names of columns at least this alike may be one column renamed.
ALIKE = 0.6
# Columns whose values are kept off the page: they hold, or may hold, personal data.
PERSONAL = re.compile(r"e?mail|phone|name|recipient|address|value|_key")
# Columns that the gate adds to each table; expectations may use them like landed ones.
DERIVED_COLUMNS = ("_key", "_unreadable", "_future")


# Expectations of which the observed figure tells something also where they hold.
MEASURES = (
    "expect_table_row_count_to_be_between",
    "expect_column_max_to_be_between",
    "expect_column_min_to_be_between",
)
LOSSES = (
    "expect_table_row_count_to_be_between",
    "table_is_still_landed",
    "column_is_still_landed",
)


class GateError(Exception):
    """The gate cannot run: the configuration or the expectations are wrong."""


@dataclass(frozen=True)
class Table:
    """A table as the sources files declare it."""

    columns: dict[str, str]
    key: list[str]
    required: list[list[str]]
    events: dict[str, str]
    accepted: dict[str, list[str]]

    def names(self, placeholder: str) -> list[str]:
        """The columns that $required, $event or $accepted stands for."""
        return {
            "$required": [" or ".join(group) for group in self.required],
            "$event": list(self.events),
            "$accepted": list(self.accepted),
        }[placeholder]


@dataclass(frozen=True)
class Landing:
    """Where a CRM's tables lie."""

    crm: str
    schema: str
    database: str | None = None
    files: str | None = None
    is_demo: bool = False


@dataclass(frozen=True)
class Relation:
    """A landed table: what to select from, and its landed columns with their types."""

    sql: str
    columns: dict[str, str]

    def spellings(self, column: str) -> list[str]:
        """The landed columns that a declared column names."""
        return [landed for landed in self.columns if plain(landed) == plain(column)]


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


def plain(name: str) -> str:
    """A name without case and underscores, so that created_date and CreatedDate are one."""
    return name.lower().replace("_", "")


def nearby(path: Path) -> Path:
    """A path as a reader in the working directory would write it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def plural(count: int, noun: str) -> str:
    """A count with its noun."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


# --------------------------------------------------------------------------------------------------
# Configuration: the same project variables, profile and sources files that dbt reads
# --------------------------------------------------------------------------------------------------


def project_vars(given: dict[str, Any] | None) -> dict[str, Any]:
    """The variables of dbt_project.yml with the given ones over them, as dbt would have them."""
    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text())
    declared = dict(project.get("vars") or {})
    declared.update(declared.pop(project["name"], None) or {})
    return {**declared, **(given or {})}


def landings(variables: dict[str, Any]) -> list[Landing]:
    """The landings that the project reads: its demo until crm_sources is set."""
    if variables.get("crm_sources") is None:
        return [Landing(crm, f"demo_{crm}", is_demo=True) for crm in ("salesforce", "hubspot")]
    sources = variables["crm_sources"] or ["salesforce", "hubspot"]
    if isinstance(sources, str) or not set(sources) <= set(CRMS):
        raise GateError(f"crm_sources is {sources!r}; it is a list out of {', '.join(CRMS)}.")
    return [
        Landing(
            crm,
            variables.get(f"{crm}_schema") or DEFAULT_SCHEMAS[crm],
            variables.get("crm_database"),
            variables.get(f"{crm}_files"),
        )
        for crm in sources
    ]


def declared_tables(crm: str) -> dict[str, Table]:
    """The tables of a landing that the sources files declare."""
    tables = {}
    for path in sorted((ROOT / "models" / "staging" / crm).glob("_*sources.yml")):
        for source in yaml.safe_load(path.read_text())["sources"]:
            for table in source["tables"]:
                meta = table["config"]["meta"]
                columns = {column["name"]: column["data_type"] for column in table["columns"]}
                column_meta = {
                    column["name"]: column.get("config", {}).get("meta", {})
                    for column in table["columns"]
                }
                tables[table["name"]] = Table(
                    columns=columns,
                    key=meta["key"],
                    required=[[r] if isinstance(r, str) else r for r in meta["required"]],
                    events={n: str(m["event"]) for n, m in column_meta.items() if m.get("event")},
                    accepted={n: m["accepted"] for n, m in column_meta.items() if "accepted" in m},
                )
    return tables


def profile_output(target: str) -> dict[str, Any]:
    """The target's settings in profiles.yml, with the environment's values filled in."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    environment.filters["as_number"] = int
    environment.filters["as_bool"] = lambda text: str(text).lower() in ("true", "1")
    directory = Path(os.environ.get("DBT_PROFILES_DIR") or "profiles")

    def env_var(name: str, default: str | None = None) -> str:
        value = os.environ.get(name, default)
        if value is None:
            raise GateError(f"The environment variable {name} is not set.")
        return value

    def fill(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: fill(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [fill(inner) for inner in value]
        if isinstance(value, str):
            return environment.from_string(value).render(env_var=env_var)
        return value

    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text())
    profile = yaml.safe_load((ROOT / directory / "profiles.yml").read_text())[project["profile"]]
    if target not in profile["outputs"]:
        raise GateError(f"profiles.yml has no target {target!r}.")
    return fill(profile["outputs"][target])


def instant(value: Any) -> datetime:
    """A date or an instant of a variable as a UTC datetime without time zone."""
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    if not isinstance(value, datetime):
        try:
            value = datetime.fromisoformat(str(value).strip())
        except ValueError:
            raise GateError(f"as_of is {value!r}; write a date or an instant.") from None
    return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value


# --------------------------------------------------------------------------------------------------
# Expectations
# --------------------------------------------------------------------------------------------------


def read_expectations(crm: str) -> dict[str, Any]:
    """The expectations file of a landing, checked for what Great Expectations does not check."""
    path = ROOT / "expectations" / f"{crm}.yml"
    content = yaml.safe_load(path.read_text())
    every_table = content.get("every_table") or []
    tables = content.get("tables") or {}
    for entry in [*every_table, *(entry for entries in tables.values() for entry in entries)]:
        if entry.get("severity") not in SEVERITIES or not set(entry) <= {
            "type", "kwargs", "severity", "description"
        }:  # fmt: skip
            raise GateError(
                f"{path.name}: {entry.get('type')} needs type, kwargs and severity"
                f" ({' or '.join(SEVERITIES)}), and may have a description; it has {entry}."
            )
    return {"every_table": every_table, "tables": tables}


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
    entry: dict[str, Any], name: str, tables: dict[str, Table], landed: dict[str, Relation]
) -> list[str]:
    """What an expectation needs of the landing and does not find: tables or columns."""
    kwargs = entry["kwargs"]
    if "unexpected_rows_query" not in kwargs:
        column = kwargs.get("column", "")
        if not column or entry["type"] == "expect_column_to_exist" or column in DERIVED_COLUMNS:
            return []
        group = column.split(" or ")
        return [] if any(landed[name].spellings(each) for each in group) else [column]
    query = kwargs["unexpected_rows_query"]
    others = [other for other in re.findall(r"\{(\w+)\}", query) if other != "batch"]
    if unlanded := [other for other in others if other not in landed]:
        return unlanded
    words = set(re.findall(r"\w+", query))
    used = [name, *others]
    return sorted(
        word
        for word in words.intersection(*[set().union(*(tables[t].columns for t in used))])
        if not any(landed[t].spellings(word) for t in used)
    )


# --------------------------------------------------------------------------------------------------
# SQL: the landed tables under their declared names and types, read safely
# --------------------------------------------------------------------------------------------------


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


class Sql:
    """Reads landed values as the macro parse_value() does, but never raises: what cannot be read is
    NULL, also on PostgreSQL, which has no cast of that kind."""

    # No question mark in any SQL: Great Expectations takes it for a parameter in its sample query.
    instant = (
        "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
        "([ T]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6}){0,1}){0,1}"
        "(Z|z|[ ]{0,1}[+-](0[0-9]|1[0-4])(:{0,1}[0-5][0-9]){0,1}){0,1}){0,1}"
    )
    number = "[+-]{0,1}([0-9]+([.][0-9]*){0,1}|[.][0-9]+)([eE][+-]{0,1}[0-9]{1,2}){0,1}"
    integer = "[+-]{0,1}[0-9]{1,18}([.]0+){0,1}"
    empty = {"string": "varchar", "integer": "double precision", "numeric": "double precision"}

    def __init__(self, engine_type: str):
        """Writes SQL for duckdb or postgres."""
        self.is_duckdb = engine_type == "duckdb"

    def epoch(self, milliseconds: str) -> str:
        """Milliseconds since 1970-01-01 as a UTC timestamp."""
        if self.is_duckdb:
            return f"make_timestamp(cast({milliseconds} as bigint) * 1000)"
        return f"(to_timestamp(cast({milliseconds} as bigint) / 1000.0) at time zone 'UTC')"

    def instant_of(self, text: str) -> str:
        """A text as a UTC timestamp; without an offset it is UTC, as the session is."""
        read = f"cast({text} as timestamptz) at time zone 'UTC'"
        if self.is_duckdb:
            is_iso = f"substr({text}, 5, 1) = '-' and substr({text}, 8, 1) = '-'"
            is_epoch = f"length({text}) between 11 and 14 and try_cast({text} as bigint) >= 0"
            return f"case when {is_iso} then try_{read} when {is_epoch} then {self.epoch(text)} end"
        # 31 June is of the right form, and must not reach the cast.
        days = f"date_trunc('month', cast(substr({text}, 1, 7) || '-01' as date))"
        days = f"extract(day from {days} + interval '1 month' - interval '1 day')"
        return (
            f"case when {text} ~ '^{self.instant}$' then"
            f" case when cast(substr({text}, 9, 2) as integer) <= {days} then {read} end"
            f" when {text} ~ '^[0-9]{{11,14}}$' then {self.epoch(text)} end"
        )

    def number_of(self, text: str, declared: str) -> str:
        """A text as a number."""
        if self.is_duckdb and declared == "numeric":
            return f"cast(try_cast({text} as decimal(28, 6)) as double)"
        regex = self.integer if declared == "integer" else self.number
        matches = (
            f"regexp_full_match({text}, '{regex}')" if self.is_duckdb else f"{text} ~ '^({regex})$'"
        )
        return f"case when {matches} then cast({text} as double precision) end"

    def parse(self, value: str, landed: str, declared: str) -> str:
        """A landed column as the declared type; text comes without white space at its ends."""
        text = value if is_text(landed) else f"cast({value} as varchar)"
        is_number = re.match(
            r"u?(tiny|small|big|huge)?int|decimal|numeric|double|float|real", landed
        )
        if declared == "date":
            return f"cast({self.parse(value, landed, 'timestamp')} as date)"
        if declared == "timestamp":
            if "with time zone" in landed:
                return f"({value} at time zone 'UTC')"
            if "timestamp" in landed or landed == "date":
                return f"cast({value} as timestamp)"
            if is_number:
                within = f"{value} between -60000000000000 and 250000000000000"
                return f"case when {within} then {self.epoch(value)} end"
            return self.instant_of(text)
        if declared == "boolean":
            if landed == "boolean":
                return value
            return (
                f"case when lower({text}) in ('true', 't', 'yes', 'y', '1') then true"
                f" when lower({text}) in ('false', 'f', 'no', 'n', '0') then false end"
            )
        if declared in ("integer", "numeric"):
            if is_number:
                return f"cast({value} as double precision)"
            return self.number_of(text, declared)
        return text

    def projection(self, relation: Relation, table: Table, run_start: datetime) -> str:
        """The query that Great Expectations validates: the landed columns under their declared
        names and types; `a or b` for a required column that either of two may be; and the
        derived columns: _key (the key's values, as one text), _unreadable and _future (the names of
        the columns whose value cannot be read as its type, or lies after the run's start)."""
        # In layers, so that no expression is planned and computed more than once.
        landed, typed, unreadable = [], [], []
        for column, declared in table.columns.items():
            readings = []
            for place, spelling in enumerate(relation.spellings(column)):
                value, landed_type = quoted(spelling), relation.columns[spelling].lower()
                if is_text(landed_type):
                    value = f"nullif(trim(cast({value} as varchar), E' \\t\\r\\n'), '')"
                name = quoted(f"landed {place} {column}")
                landed.append(f"{value} as {name}")
                readings.append(self.parse(name, landed_type, declared))
                if declared != "string":
                    typed.append(name)
                    unreadable.append(
                        f"case when {name} is not null and {quoted(column)} is null"
                        f" then '{column}' end"
                    )
            reading = f"cast(null as {self.empty.get(declared, declared)})"
            if readings:
                reading = readings[0] if len(readings) == 1 else f"coalesce({', '.join(readings)})"
            typed.append(f"{reading} as {quoted(column)}")
        landed_columns = [column for column in table.columns if relation.spellings(column)]
        key = [
            f"cast({quoted(column)} as varchar)" for column in table.key if column in landed_columns
        ]
        future = [
            f"case when {quoted(column)} > cast('{run_start:%Y-%m-%d %H:%M:%S}' as timestamp)"
            + ("" if condition == "True" else f" and ({condition})")
            + f" then '{column}' end"
            for column, condition in table.events.items()
            if column in landed_columns
        ]
        groups = [
            f"coalesce({', '.join(f'cast({quoted(column)} as varchar)' for column in group)})"
            f" as {quoted(' or '.join(group))}"
            for group in table.required
            if len(group) > 1 and any(column in landed_columns for column in group)
        ]
        columns = [
            *map(quoted, landed_columns),
            *groups,
            f"{joined(key, '|')} as _key",
            f"{joined(unreadable, ', ')} as _unreadable",
            f"{joined(future, ', ')} as _future",
        ]
        return (
            f"select {', '.join(columns)} from (select {', '.join(typed)} from"
            f" (select {', '.join(landed) or '1'} from {relation.sql} as source) as landed)"
            f" as typed"
        )


def is_text(landed_type: str) -> bool:
    """Whether a landed type is read as text."""
    return "char" in landed_type or landed_type in ("text", "string", "json", "uuid")


def joined(expressions: list[str], separator: str) -> str:
    """SQL for the texts that are not NULL, joined; NULL where all are."""
    if not expressions:
        return "cast(null as varchar)"
    return f"nullif(concat_ws('{separator}', {', '.join(expressions)}), '')"


# --------------------------------------------------------------------------------------------------
# The database, through Great Expectations' SQLAlchemy engine
# --------------------------------------------------------------------------------------------------


def register_duckdb_dialect() -> None:
    """Great Expectations fetches results after it has given the connection back, where DuckDB has
    forgotten them: the dialect `landing` holds each result in memory instead."""
    import duckdb_sqlalchemy
    from sqlalchemy.dialects import registry
    from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy

    class BufferedContext(duckdb_sqlalchemy.Dialect.execution_ctx_cls):
        def post_exec(self) -> None:
            super().post_exec()
            if self.cursor.description:
                self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(
                    self.cursor, initial_buffer=self.cursor.fetchall()
                )

    class LandingDialect(duckdb_sqlalchemy.Dialect):
        execution_ctx_cls = BufferedContext
        supports_statement_cache = True

    registry.impls["landing"] = lambda: LandingDialect


@contextmanager
def datasource(output: dict[str, Any]) -> Iterator[Any]:
    """Great Expectations' data source for a target of profiles.yml. Every connection is closed at
    the end, because dbt opens a DuckDB file next, in the same process."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from sqlalchemy import URL, event

    for name in list(logging.root.manager.loggerDict):
        if name.split(".")[0] == "great_expectations":
            logging.getLogger(name).setLevel(logging.ERROR)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    if output["type"] == "duckdb":
        register_duckdb_dialect()
        let_go_of_the_file()
        path = output["path"] if output["path"] == ":memory:" else str(ROOT / output["path"])
        is_file = Path(path).exists()
        address = f"landing:///{path if is_file else ':memory:'}"
        connect_args = {"read_only": True} if is_file else {}
    else:
        url = URL.create(
            "postgresql+psycopg2",
            username=output["user"],
            password=str(output.get("password") or output.get("pass") or "") or None,
            host=output["host"],
            port=int(output["port"]),
            database=output["dbname"],
        )
        address = url.render_as_string(hide_password=False)
        connect_args = {"options": "-c timezone=UTC"}
    try:
        source = context.data_sources.add_sql(
            "landing",
            connection_string=address,
            create_temp_table=False,
            kwargs={"connect_args": connect_args},
        )
    except gx.datasource.fluent.interfaces.TestConnectionError as error:
        raise GateError(f"cannot read the {output['type']} target: {error}") from None
    engine = source.get_engine()

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        if output["type"] != "duckdb":
            return
        connection.execute("set timezone = 'UTC'")
        for attached in output.get("attach") or []:
            alias = f" as {quoted(attached['alias'])}" if attached.get("alias") else ""
            kind = f", type {attached['type']}" if attached.get("type") else ""
            connection.execute(
                f"attach if not exists {literal(attached['path'])}{alias} (read_only{kind})"
            )

    try:
        yield source
    finally:
        engine.dispose()
        source.get_execution_engine().close()


def rows(source: Any, statement: str) -> list[tuple[Any, ...]]:
    """The result of a statement."""
    from sqlalchemy import text

    with source.get_engine().connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement)).fetchall()]


def landed_relations(
    source: Any, landing: Landing, declared: dict[str, Table]
) -> dict[str, Relation]:
    """The declared tables that are landed, by their declared names; either spelling counts."""
    found: dict[str, tuple[str, dict[str, str]]] = {}
    if landing.files and source.get_engine().dialect.name != "duckdb":
        raise GateError(f"{landing.crm}_files works on DuckDB only.")
    if landing.files:
        folder = str(ROOT / landing.files)
        for (file,) in rows(
            source, f"select file from glob({literal(folder + '/*')}) order by file"
        ):
            stem, _, suffix = Path(file).name.rpartition(".")
            if suffix.lower() not in ("parquet", "csv"):
                continue
            if suffix.lower() == "parquet":
                reader = f"read_parquet({literal(file)})"
            else:
                # As the macro land_files reads it.
                read = f"select try(decode(content)) is not null from read_blob({literal(file)})"
                encoding = "utf-8" if rows(source, read)[0][0] else "latin-1"
                options = f"all_varchar = true, header = true, encoding = '{encoding}'"
                reader = f"read_csv({literal(file)}, {options})"
            described = rows(source, f"describe select * from {reader}")
            found[stem] = (reader, {row[0]: row[1] for row in described})
    else:
        database = literal(landing.database) if landing.database else "current_database()"
        for database_name, schema, table, column, data_type in rows(
            source,
            "select table_catalog, table_schema, table_name, column_name, data_type"
            f" from information_schema.columns where table_catalog = {database}"
            f" and lower(table_schema) = {literal(landing.schema.lower())}"
            " order by table_name, ordinal_position",
        ):
            relation = ".".join(map(quoted, (database_name, schema, table)))
            found.setdefault(table, (relation, {}))[1][column] = data_type
    relations = {}
    for name in declared:
        spellings = [table for table in found if plain(table) == plain(name)]
        if spellings:
            relations[name] = Relation(*found[name if name in spellings else spellings[0]])
    return relations


def state_of(source: Any, landing: Landing, target: str) -> str:
    """The name under which the state file keeps what a landing held at the last good run."""
    place = landing.files or f"{rows(source, 'select current_database()')[0][0]}.{landing.schema}"
    return f"{target} {place}"


def read_state(state_file: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """What each landing held, by table: its rows, its columns, and the day they were seen."""
    state = json.loads(state_file.read_text()) if state_file.exists() else {}
    return {
        place: {
            # An older file has the number of rows only.
            name: table if isinstance(table, dict) else {"rows": table}
            for name, table in tables.items()
        }
        for place, tables in state.items()
    }


def vanished_columns(
    relation: Relation, table: Table, last: dict[str, Any]
) -> dict[str, tuple[str, str]]:
    """The declared columns that the last good run saw and that are gone, each with the column that
    may be it under another name (or an empty text) and the day it was seen."""
    known = last.get("columns", [])
    now, before = {plain(c) for c in relation.columns}, {plain(c) for c in known}
    declared = {plain(column) for column in table.columns}
    new = [c for c in relation.columns if plain(c) not in before | declared]
    gone = [c for c in table.columns if plain(c) in before - now]
    found = {}
    for column in gone:
        alike = difflib.get_close_matches(column, new, n=1, cutoff=ALIKE)
        # The only one that is gone and the only one that is new are one, whatever their names.
        found[column] = (alike or (new if len(new) == len(gone) == 1 else [""]))[0], last["seen"]
    return found


def renaming(successor: str) -> str:
    """The hint that a column may only have changed its name."""
    return f"; {successor} is new: renamed?" if successor else ""


# --------------------------------------------------------------------------------------------------
# The gate
# --------------------------------------------------------------------------------------------------


def validate(
    vars: dict[str, Any] | None = None,
    target: str = "duckdb",
    state_path: Path | str | None = None,
    pages_dir: Path | str | None = None,
) -> GateResult:
    """Validates the landings that the variables name; writes the page and results.json beside it.

    The row counts and columns go to the state file; those of a table that lost too many rows, or a
    column, stay as they were, so that the next run says so too.
    """
    run_start = datetime.now(UTC).replace(tzinfo=None)
    folder = Path(pages_dir or ROOT / "target" / "landing_checks")
    run = {
        "id": uuid.uuid4().hex,
        "started_at": run_start.isoformat(" "),
        "target": target,
        "vars": vars or {},
    }
    result = GateResult()
    try:
        check_landings(vars, target, run_start, state_path, result)
    except GateError as error:
        write_results(folder, {**run, "error": str(error)}, result)
        raise
    write_results(folder, run, result)
    result.page = folder / "index.html"
    result.page.write_text(render_page(result, run_start), encoding="utf-8")
    return result


def write_results(folder: Path, run: dict[str, Any], result: GateResult) -> None:
    """Writes the run and its checks as JSON, for the failure review."""
    folder.mkdir(parents=True, exist_ok=True)
    checks = [
        {**asdict(check), "verdict": check.verdict, "sentence": check.sentence()}
        for check in result.checks
    ]
    text = json.dumps({**run, "checks": checks}, default=str, indent=1)
    (folder / "results.json").write_text(text + "\n", encoding="utf-8")


def check_landings(
    vars: dict[str, Any] | None,
    target: str,
    run_start: datetime,
    state_path: Path | str | None,
    result: GateResult,
) -> None:
    """Validates the landings that the variables name; adds to the result and to the state file."""
    variables = project_vars(vars)
    output = profile_output(target)
    if output["type"] not in ("duckdb", "postgres"):
        result.notes.append(
            f"covers duckdb and postgres only, so nothing was checked on {output['type']}"
        )
        return
    state_file = Path(state_path or ROOT / "warehouse" / "landing_rows.json")
    state = read_state(state_file)
    as_of = instant(variables["as_of"]) if variables.get("as_of") else run_start
    with warnings.catch_warnings(action="ignore"), datasource(output) as source:
        for landing in landings(variables):
            # The demo is made anew at will, so what it held before says nothing.
            place = state_of(source, landing, target)
            last = {} if landing.is_demo else state.setdefault(place, {})
            check_landing(source, landing, output["type"], as_of, run_start, last, result)
    if any(check.ok is False and check.type in LOSSES for check in result.checks):
        result.notes.append(
            "where a loss of rows or of a column is right, take the table out of"
            f" {nearby(state_file)}"
        )
    state_file.parent.mkdir(parents=True, exist_ok=True)
    replacement = state_file.with_suffix(".new")
    replacement.write_text(json.dumps(state, indent=2, sort_keys=True) + "\n")
    replacement.replace(state_file)


def check_landing(
    source: Any,
    landing: Landing,
    engine_type: str,
    as_of: datetime,
    run_start: datetime,
    last: dict[str, dict[str, Any]],
    result: GateResult,
) -> None:
    """Validates the tables of one landing; adds to the result and to what it last held."""
    sql = Sql(engine_type)
    declared = declared_tables(landing.crm)
    content = read_expectations(landing.crm)
    landed = landed_relations(source, landing, declared)
    where = landing.files or f"schema {landing.schema}"
    if not landed:
        if landing.is_demo:
            result.notes.append(f"the demo's {landing.crm} is not landed yet, so not checked")
        else:
            result.checks.append(
                Check(
                    landing.crm, "", "", "critical", "landing_has_tables",
                    f"tables in {where}, since crm_sources names {landing.crm}", "none", False,
                )
            )  # fmt: skip
        return
    for name in declared:
        if name not in landed and last.get(name, {}).get("rows"):
            result.checks.append(
                Check(
                    landing.crm, name, "", "critical", "table_is_still_landed",
                    f"the {last[name]['rows']} rows of the last run", "no such table any more",
                    False,
                )
            )  # fmt: skip
    result.not_landed[landing.crm] = [name for name in declared if name not in landed]
    if landing.is_demo:
        result.notes.append(f"the demo's {landing.crm} does not age: freshness is not judged")
    queries = {name: sql.projection(landed[name], declared[name], run_start) for name in landed}
    for name in landed:
        entries = expectations_of(content, name, declared[name])
        if landing.is_demo:
            entries = [entry for entry in entries if "as_of" not in str(entry["kwargs"])]
        judged = []
        for entry in entries:
            if lacking := lacking_columns(entry, name, declared, landed):
                column = entry["kwargs"].get("column", "")
                result.checks.append(
                    Check(
                        landing.crm, name, column, entry["severity"], entry["type"],
                        words(entry, entry["kwargs"]), f"not landed: {', '.join(lacking)}", None,
                    )
                )  # fmt: skip
            else:
                judged.append(entry)
        key = [column for column in declared[name].key if landed[name].spellings(column)]
        held = last.get(name, {})
        parameters = {"last_rows": held.get("rows", 0), "as_of": as_of, "run_start": run_start}
        checks, count = check_table(
            source, landing.crm, name, judged, queries, declared[name], key, parameters
        )
        vanished = vanished_columns(landed[name], declared[name], held)
        result.checks += tell_vanished(vanished, landing.crm, name, checks)
        if count is not None:
            held = {**held, "rows": count}
        if count is not None and not vanished:
            held |= {"columns": list(landed[name].columns), "seen": f"{run_start:%Y-%m-%d}"}
        if held:
            last[name] = held


def tell_vanished(
    vanished: dict[str, tuple[str, str]], crm: str, name: str, checks: list[Check]
) -> list[Check]:
    """The checks of a table with what is known of the columns that are gone: the required ones are
    told where they fail, any other gets a check of its own."""
    told = set()
    for check in checks:
        if check.ok is False and check.type == "expect_table_columns_to_match_set":
            for column, (successor, seen) in vanished.items():
                if re.search(rf"\b{column}\b", check.found):
                    told.add(column)
                    check.found += f" (it was landed on {seen}{renaming(successor)})"
    return checks + [
        Check(
            crm, name, column, "warning", "column_is_still_landed",
            f"the column, which was landed on {seen}", f"no such column{renaming(successor)}",
            False,
        )
        for column, (successor, seen) in vanished.items() if column not in told
    ]  # fmt: skip


def check_table(
    source: Any,
    crm: str,
    name: str,
    entries: list[dict[str, Any]],
    queries: dict[str, str],
    table: Table,
    key: list[str],
    parameters: dict[str, Any],
) -> tuple[list[Check], int | None]:
    """Validates one table; also returns its row count where that was judged to be right."""
    import great_expectations as gx
    from great_expectations.core.suite_parameters import build_suite_parameters
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    others = {other: f"({escape_braces(query)})" for other, query in queries.items()}
    expectations = []
    for place, entry in enumerate(entries):
        kwargs = dict(entry["kwargs"])
        if "unexpected_rows_query" in kwargs:
            kwargs["unexpected_rows_query"] = re.sub(
                r"\{(\w+)\}",
                lambda match: others.get(match[1], match[0]),
                kwargs["unexpected_rows_query"],
            )
        expectations.append(
            ExpectationConfiguration(
                type=entry["type"],
                kwargs=kwargs,
                severity=entry["severity"],
                description=entry.get("description"),
                meta={"place": place},
            ).to_domain_obj()
        )
    suite = gx.ExpectationSuite(name=f"{crm}.{name}", expectations=expectations)
    asset = source.add_query_asset(f"{crm}.{name}", queries[name])
    batch = asset.add_batch_definition_whole_table("all").get_batch()
    # First only whether each holds, which takes few queries; then what was found, where it matters.
    held = batch.validate(suite, result_format="BOOLEAN_ONLY", expectation_parameters=parameters)
    passed = {
        outcome.expectation_config.meta["place"] for outcome in held.results if outcome.success
    }
    told = [
        expectation
        for place, expectation in enumerate(expectations)
        if place not in passed or entries[place]["type"] in MEASURES
    ]
    outcomes = {}
    if told:
        details = batch.validate(
            gx.ExpectationSuite(name=f"{crm}.{name} in detail", expectations=told),
            result_format={
                "result_format": "SUMMARY",
                "partial_unexpected_count": SAMPLE_SIZE,
                "unexpected_index_column_names": key,
            },
            expectation_parameters=parameters,
        )
        outcomes = {
            outcome.expectation_config.meta["place"]: outcome for outcome in details.results
        }
    checks = []
    count = None
    for place, entry in enumerate(entries):
        kwargs, _ = build_suite_parameters(entry["kwargs"], parameters)
        check = Check(
            crm, name, kwargs.get("column", ""), entry["severity"], entry["type"],
            words(entry, kwargs, parameters["last_rows"]), "as expected", place in passed,
        )  # fmt: skip
        checks.append(check)
        if place not in outcomes:
            continue
        found = outcomes[place].result or {}
        check.found = finding(entry, outcomes[place])
        if place not in passed:
            rows_at_fault = found.get("partial_unexpected_index_list") or []
            if entry["type"] == "unexpected_rows_expectation" and found:
                complete = batch.validate(expectations[place], result_format="COMPLETE")
                rows_at_fault = complete.result["details"]["unexpected_rows"]
            check.sample = sample(entry, rows_at_fault, table)
            if check.column == "_key" and check.type == "expect_column_values_to_be_unique":
                check.found = repeated(source, queries[name])
        elif entry["type"] == "expect_table_row_count_to_be_between":
            count = found["observed_value"]
    return checks, count


def repeated(source: Any, query: str) -> str:
    """How many rows share how many keys."""
    groups = f"select count(*) as n from ({query}) as landed where _key is not null group by _key"
    (found,) = rows(source, f"select sum(n), count(*) from ({groups}) as groups where n > 1")
    return f"{plural(int(found[0]), 'row')} that share {plural(found[1], 'key')}"


def escape_braces(text: str) -> str:
    """A text that Great Expectations formats back to itself."""
    return text.replace("{", "{{").replace("}", "}}")


def words(entry: dict[str, Any], kwargs: dict[str, Any], last_rows: int = 0) -> str:
    """What an expectation expects, in words."""
    if entry.get("description"):
        return entry["description"]
    kind, mostly = entry["type"], kwargs.get("mostly", 1)
    share = "" if mostly == 1 else f" in at least {mostly:.0%} of the rows"
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    bounds = " and ".join(
        f"{comparison} {shown(bound)}"
        for comparison, bound in (("at least", low), ("at most", high))
        if bound is not None
    )
    known = {
        "expect_table_columns_to_match_set": f"the columns {listed(kwargs.get('column_set'))}",
        "expect_column_to_exist": "the column to be landed",
        "expect_table_row_count_to_be_between": f"{bounds} rows ({last_rows} at the last run)",
        "expect_column_values_to_not_be_null": f"a value{share}",
        "expect_column_values_to_be_unique": f"no value twice{share}",
        "expect_column_values_to_be_in_set": f"one of {listed(kwargs.get('value_set'))}{share}",
        "expect_column_values_to_be_between": f"{bounds}{share}",
        "expect_column_max_to_be_between": f"the latest to be {bounds}",
        "expect_column_min_to_be_between": f"the earliest to be {bounds}",
    }
    arguments = ", ".join(f"{key}={value}" for key, value in kwargs.items() if key != "column")
    return known.get(kind, f"{kind.replace('expect_', '').replace('_', ' ')} ({arguments})")


def shown(value: Any) -> str:
    """A bound or an observed figure."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    return f"{value:g}" if isinstance(value, float) else str(value)


def listed(values: Iterable[Any] | None) -> str:
    """Values with commas between them."""
    return ", ".join(map(str, values or []))


def finding(entry: dict[str, Any], outcome: Any) -> str:
    """What was found, in words and without any landed value."""
    info, result = outcome.exception_info or {}, outcome.result or {}
    if not info.get("raised_exception", False):
        nested = [value for value in info.values() if isinstance(value, dict)]
        info = next((value for value in nested if value.get("raised_exception")), info)
    if info.get("raised_exception"):
        message = str(info.get("exception_message") or "").strip().splitlines()[:1]
        traceback = str(info.get("exception_traceback") or "unknown").strip().splitlines()[-1:]
        return f"an error: {(message or traceback)[0][:200]}"
    if "unexpected_count" in result:
        count, total = result["unexpected_count"], result["element_count"]
        return f"{count} of {plural(total, 'row')} otherwise"
    missing = (result.get("details") or {}).get("mismatched", {}).get("missing")
    if entry["type"] == "expect_table_columns_to_match_set":
        return f"{', '.join(missing)} missing" if missing else "all of them"
    observed = result.get("observed_value")
    if entry["type"] == "unexpected_rows_expectation":
        return plural(observed, "such row")
    if entry["type"] == "expect_table_row_count_to_be_between":
        return plural(observed, "row")
    return "no value at all" if observed is None else shown(observed)


def sample(
    entry: dict[str, Any], rows_at_fault: list[dict[str, Any]], table: Table
) -> list[dict[str, str]]:
    """The keys of some unexpected rows, and the value at fault where it cannot be personal."""
    column = entry["kwargs"].get("column", "")
    harmless = (
        column in ("_unreadable", "_future")
        or table.columns.get(column, "string") != "string"
        or entry["type"] == "expect_column_values_to_be_in_set"
    )
    keys = {key for key in table.key if not PERSONAL.search(key)}
    return [
        {
            name: masked(value, name in keys)
            for name, value in row.items()
            if name in keys or (harmless and name == column and not PERSONAL.search(name))
        }
        for row in rows_at_fault[:SAMPLE_SIZE]
    ]


def masked(value: Any, is_key: bool) -> str:
    """A value as text; of one that looks like an e-mail address or a telephone number only the
    shape is left, since a landing whose columns have slipped holds one where no one expects it."""
    text = "" if value is None else str(value)
    is_text = isinstance(value, str)
    if "@" in text or (is_text and not is_key and len(re.findall(r"[0-9]", text)) >= 7):
        text = re.sub(r"\w", "x", text)
    return text if len(text) <= 60 else text[:59] + "…"


# --------------------------------------------------------------------------------------------------
# The page
# --------------------------------------------------------------------------------------------------

PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Landing checks</title>
<style>
:root { color-scheme: light dark; --ink: #1c1f24; --paper: #fff; --line: #c9ced6; --soft: #5a6472;
  --critical: #a51d24; --warning: #7a5200; --passed: #1c6b3a; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8eb; --paper: #16191d; --line: #3c434d; --soft: #a3adba;
    --critical: #ff8f8f; --warning: #f0c060; --passed: #7fd6a0; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 75rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h2 { margin: 2.5rem 0 .5rem; font-size: 1.15rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
thead th { color: var(--soft); font-weight: 600; }
.critical { color: var(--critical); font-weight: 700; }
.warning { color: var(--warning); font-weight: 700; }
.passed { color: var(--passed); }
.not-judged, .soft { color: var(--soft); }
ul { margin: .25rem 0 0; padding-left: 1.1rem; }
</style>
</head>
<body>
<main>
<h1>Landing checks</h1>
<p>{{ "The build may go on" if result.ok else "The build must not go on" }}:
{{ result.failed("critical") | length }} critical,
{{ result.failed("warning") | length }} warnings.
<span class="soft">Run {{ run_start.strftime("%Y-%m-%d %H:%M") }} UTC.</span></p>
<p class="soft">What is expected stands in <code>expectations/</code>. Of unexpected rows the keys
are shown, at most {{ sample_size }}; personal data is not.</p>
{% if result.notes or result.not_landed.values() | select | list %}
<ul>
{% for note in result.notes %}<li>{{ note }}</li>
{% endfor %}
{% for crm, tables in result.not_landed.items() if tables %}
<li>Not landed, so not checked, of {{ crm }}: {{ tables | join(", ") }}</li>
{% endfor %}
</ul>
{% endif %}
{% for (crm, table), checks in result.tables().items() %}
<h2>{{ crm }}{{ "." ~ table if table }}</h2>
<div class="scroll">
<table>
<thead><tr><th scope="col">Result</th><th scope="col">Severity</th><th scope="col">Column</th>
<th scope="col">Expected</th><th scope="col">Found</th></tr></thead>
<tbody>
{% for check in checks %}
<tr><td class="{{ check.verdict | replace(' ', '-') }}">
{{- "failed" if check.ok is false else check.verdict }}</td>
<td>{{ check.severity }}</td><td>{{ check.column }}</td><td>{{ check.expected }}</td>
<td>{{ check.found }}
{% if check.sample | select | list %}
<ul>
{% for row in check.sample %}
<li>{% for name, value in row.items() %}{{ name }} {{ value or "(blank)" }}
{{- ", " if not loop.last }}{% endfor %}</li>
{% endfor %}
</ul>
{% endif %}
</td></tr>
{% endfor %}
</tbody>
</table>
</div>
{% endfor %}
</main>
</body>
</html>
"""


def render_page(result: GateResult, run_start: datetime) -> str:
    """The results as one page that asks nothing of any host and runs no script."""
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(PAGE).render(
        result=result, run_start=run_start, sample_size=SAMPLE_SIZE
    )


def main(arguments: Iterable[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = command_parser("gate", "Checks the landed CRM tables before dbt runs.")
    parser.add_argument("--vars", default="{}", help="dbt variables, as YAML")
    parser.add_argument("--target", default=os.environ.get("CRM_HYGIENE_TARGET", "duckdb"))
    options = parser.parse_args(arguments)
    try:
        result = validate(yaml.safe_load(options.vars), options.target)
    except GateError as error:
        print(f"landing gate: {error}", file=sys.stderr)
        return 1
    print("\n".join(result.summary_lines()))
    if result.ok:
        return 0
    first, *others = result.failed("critical")
    more = f" {plural(len(others), 'more expectation')} failed critically." if others else ""
    print(
        f"landing gate stopped the build: {first.sentence()}{more} Open {nearby(result.page)}.",
        file=sys.stderr,
    )
    return 1
