"""Great Expectations' part: judge the landed tables, on a connection of its own."""

import importlib
import logging
import os
import sys
import types
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from crm_hygiene.gate.checks import DERIVED_COLUMNS, Check, GateError, plural
from crm_hygiene.gate.expectations import columns_used, others_of
from crm_hygiene.gate.landing import Landing, Table
from crm_hygiene.gate.words import SAMPLE_SIZE, finding, sample, shape, words

# Great Expectations imports these for charts and for distributions, of which nothing is expected
# here: a third of the time that it takes to load.
RARELY_USED = ("altair", "scipy", "scipy.stats")

# Expectations of which the observed figure tells something also where they hold.
MEASURES = (
    "expect_table_row_count_to_be_between",
    "expect_column_max_to_be_between",
    "expect_column_min_to_be_between",
)
# Of one that fails for some rows: how many they are, and some of them.
DETAILS = {"result_format": "SUMMARY", "partial_unexpected_count": SAMPLE_SIZE}


class LoadedWhenUsed(types.ModuleType):
    """A module that is imported as soon as anything in it is asked for."""

    def __getattr__(self, name: str) -> Any:
        """Import the module, and give what was asked for."""
        if name.startswith("__"):
            raise AttributeError(name)
        for rarely_used in RARELY_USED:
            if isinstance(sys.modules.get(rarely_used), LoadedWhenUsed):
                del sys.modules[rarely_used]
        return getattr(importlib.import_module(self.__name__), name)


def load_great_expectations() -> None:
    """Import what judges, which takes seconds."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    for name in RARELY_USED:
        if name not in sys.modules:
            module = sys.modules[name] = LoadedWhenUsed(name)
            parent, _, child = name.rpartition(".")
            if parent:
                vars(sys.modules[parent])[child] = module
    importlib.import_module("great_expectations")
    for name in list(logging.root.manager.loggerDict):
        if name.split(".")[0] == "great_expectations":
            logging.getLogger(name).setLevel(logging.ERROR)


def duckdb_engine(credentials: Any) -> Any:
    """An SQLAlchemy engine on one connection that is made as dbt makes its own."""
    import duckdb_sqlalchemy
    import sqlalchemy
    from dbt.adapters.duckdb.environments import Environment
    from sqlalchemy.dialects import registry
    from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy

    class BufferedContext(duckdb_sqlalchemy.Dialect.execution_ctx_cls):
        """Great Expectations fetches results after it has given the connection back, where DuckDB
        has forgotten them: each is held in memory instead."""

        def post_exec(self) -> None:
            super().post_exec()
            if self.cursor.description:
                self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(
                    self.cursor, initial_buffer=self.cursor.fetchall()
                )

    class LandingDialect(duckdb_sqlalchemy.Dialect):
        execution_ctx_cls = BufferedContext
        supports_statement_cache = True

        def connect(self, *_: Any, **__: Any) -> Any:
            connection = Environment.initialize_db(credentials)
            Environment.initialize_cursor(credentials, connection)
            return duckdb_sqlalchemy.ConnectionWrapper(connection)

    registry.impls["landing"] = lambda: LandingDialect
    return sqlalchemy.create_engine("landing://", poolclass=sqlalchemy.StaticPool)


def postgres_engine(credentials: Any) -> Any:
    """An SQLAlchemy engine on one connection."""
    import sqlalchemy

    url = sqlalchemy.URL.create(
        "postgresql+psycopg2",
        username=credentials.user,
        password=credentials.password,
        host=credentials.host,
        port=credentials.port,
        database=credentials.database,
    )
    options = {"options": "-c timezone=UTC"}
    return sqlalchemy.create_engine(url, connect_args=options, poolclass=sqlalchemy.StaticPool)


ENGINES = {"duckdb": duckdb_engine, "postgres": postgres_engine}


@contextmanager
def warehouse(credentials: Any) -> Iterator[Any]:
    """Great Expectations' execution engine. Every connection is closed at the end, because dbt
    opens a DuckDB file next, in the same process."""
    load_great_expectations()
    import sqlalchemy
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine

    engine = ENGINES[credentials.type](credentials)
    try:
        with engine.connect():
            pass
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise GateError(f"cannot read the {credentials.type} target: {error}") from None
    try:
        yield SqlAlchemyExecutionEngine(engine=engine, create_temp_table=False)
    finally:
        engine.dispose()


def rows(engine: Any, statement: str) -> list[tuple[Any, ...]]:
    """The result of a statement, in which nothing is a parameter."""
    with engine.engine.connect() as connection:
        result = connection.execution_options(no_parameters=True).exec_driver_sql(statement)
        found = [tuple(row) for row in result.fetchall()] if result.returns_rows else []
        connection.commit()
    return found


def temporary(crm: str, name: str) -> str:
    """The name under which a landed table is judged."""
    return f"landed_{crm}_{name}"


def judge_landing(
    engine: Any,
    landing: Landing,
    expected: dict[str, list[dict[str, Any]]],
    parameters: dict[str, dict[str, Any]],
) -> dict[str, tuple[list[Check], int | None, dict[str, Any]]]:
    """Judge the landed tables; return the checks of each, its row count where that is right, and
    what it reaches over (see `reach`).

    Each table is read once, into a temporary one: what cannot be read is a failed check.
    """
    unreadable = {}
    for name, landed in landing.landed.items():
        columns = columns_used(name, landing.declared[name], expected, landed)
        columns += [each for each in instants(landing, name) if each not in columns]
        chosen = ", ".join([*(f'"{column}"' for column in columns), *DERIVED_COLUMNS])
        query = f"select {chosen} from ({landed.query}) as landed"
        try:
            rows(engine, f"drop table if exists {temporary(landing.crm, name)}")
            rows(engine, f"create temporary table {temporary(landing.crm, name)} as {query}")
        except Exception as error:
            reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
            unreadable[name] = Check(
                landing.crm, name, "", "critical", "table_can_be_read",
                "a table that can be read", f"an error: {reason[:200]}", False,
            )  # fmt: skip
    judged = {}
    for name in landing.landed:
        if name in unreadable:
            judged[name] = [unreadable[name]], None, {}
            continue
        entries = [
            entry for entry in expected[name] if not set(others_of(entry)) & unreadable.keys()
        ]
        judged[name] = (
            *judge_table(engine, landing, name, entries, parameters[name]),
            reach(
                engine,
                temporary(landing.crm, name),
                instants(landing, name),
                parameters[name]["run_start"],
            ),
        )
    return judged


def instants(landing: Landing, name: str) -> list[str]:
    """The instants of a table that are landed."""
    return [column for column in landing.declared[name].events if landing.landed[name].has(column)]


def reach(engine: Any, table: str, columns: list[str], until: datetime) -> dict[str, Any]:
    """How many keys a table has, and from when to when its instants go up to the run: what is
    remembered of it besides its rows. An instant without a value is left out."""
    past = [
        f"""case when "{column}" <= timestamp '{until}' then "{column}" end""" for column in columns
    ]
    ends = "".join(f", cast(min({one}) as text), cast(max({one}) as text)" for one in past)
    ((keys, *found),) = rows(engine, f"select count(distinct _key){ends} from {table}")
    told = zip(columns, found[::2], found[1::2], strict=True)
    return {
        "keys": keys,
        "instants": {column: [low, high] for column, low, high in told if low is not None},
    }


def judge_table(
    engine: Any, landing: Landing, name: str, entries: list[dict[str, Any]], given: dict[str, Any]
) -> tuple[list[Check], int | None]:
    """Judge one table; also return its row count where that was judged to be right."""
    from great_expectations.core.suite_parameters import build_suite_parameters

    table, landed = landing.declared[name], landing.landed[name]
    filled = [build_suite_parameters(entry["kwargs"], given)[0] for entry in entries]
    for entry, kwargs in zip(entries, filled, strict=True):
        # {batch} is Great Expectations' own.
        for other in others_of(entry):
            query = kwargs["unexpected_rows_query"]
            kwargs["unexpected_rows_query"] = query.replace(
                f"{{{other}}}", temporary(landing.crm, other)
            )
    ask = validator(engine, temporary(landing.crm, name))
    # Of most it matters only whether they hold, which takes few queries.
    measured = [n for n, entry in enumerate(entries) if entry["type"] in MEASURES]
    others = [n for n, entry in enumerate(entries) if entry["type"] not in MEASURES]
    outcomes = {
        **outcomes_of(ask, entries, filled, measured, {"result_format": "BASIC"}),
        **outcomes_of(ask, entries, filled, others, {"result_format": "BOOLEAN_ONLY"}),
    }
    failed = [n for n in others if not outcomes[n].success]
    key = [column for column in table.key if landed.has(column)]
    detailed = {**DETAILS, "unexpected_index_column_names": key}
    outcomes |= outcomes_of(ask, entries, filled, failed, detailed)
    checks, count = [], None
    for place, entry in enumerate(entries):
        kwargs, outcome = filled[place], outcomes[place]
        check = Check(
            landing.crm, name, kwargs.get("column", ""), entry["severity"], entry["type"],
            words(entry, kwargs, given["last_rows"]), "as expected", bool(outcome.success),
        )  # fmt: skip
        checks.append(check)
        if place in measured or place in failed:
            check.found = finding(entry, outcome)
        if place in failed:
            check.sample = sample(entry, rows_at_fault(ask, entry, kwargs, outcome), table)
            if check.column == "_key" and check.type == "expect_column_values_to_be_unique":
                check.found = repeated(engine, temporary(landing.crm, name))
            if check.column == "_unreadable":
                check.found += unreadable_columns(engine, temporary(landing.crm, name), table)
        elif entry["type"] == "expect_table_row_count_to_be_between" and check.ok:
            count = outcome.result["observed_value"]
    return checks, count


def validator(engine: Any, table: str) -> Any:
    """Great Expectations' validator of a table."""
    from great_expectations.core.batch import Batch
    from great_expectations.core.id_dict import IDDict
    from great_expectations.execution_engine.sqlalchemy_batch_data import SqlAlchemyBatchData
    from great_expectations.validator.validator import Validator

    query = f"select * from {table}"
    data = SqlAlchemyBatchData(execution_engine=engine, query=query, create_temp_table=False)
    batch = Batch(data=data, batch_definition=IDDict(table=table))
    quiet = types.SimpleNamespace(progress_bars={"globally": False})
    return Validator(execution_engine=engine, batches=[batch], data_context=quiet)


def outcomes_of(
    ask: Any,
    entries: list[dict[str, Any]],
    filled: list[dict[str, Any]],
    places: list[int],
    result_format: dict[str, Any],
) -> dict[int, Any]:
    """Great Expectations' results of the expectations at these places."""
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    configurations = [
        ExpectationConfiguration(
            type=entries[place]["type"],
            kwargs=filled[place],
            severity=entries[place]["severity"],
            meta={"place": place},
        )
        for place in places
    ]
    if not configurations:
        return {}
    with warnings.catch_warnings(action="ignore"):
        results = ask.graph_validate(configurations, {"result_format": result_format})
    return {result.expectation_config.meta["place"]: result for result in results}


def rows_at_fault(
    ask: Any, entry: dict[str, Any], kwargs: dict[str, Any], outcome: Any
) -> list[dict[str, Any]]:
    """Some rows that are not as expected."""
    found = outcome.result or {}
    if entry["type"] == "unexpected_rows_expectation" and found:
        complete = outcomes_of(ask, [entry], [kwargs], [0], {"result_format": "COMPLETE"})[0]
        return complete.result["details"]["unexpected_rows"]
    return found.get("partial_unexpected_index_list") or []


def repeated(engine: Any, table: str) -> str:
    """How many rows share how many keys."""
    groups = f"select count(*) as n from {table} where _key is not null group by _key"
    (found,) = rows(engine, f"select sum(n), count(*) from ({groups}) as groups where n > 1")
    return f"{plural(int(found[0]), 'row')} that share {plural(found[1], 'key')}"


def unreadable_columns(engine: Any, table: str, declared: Table) -> str:
    """In which columns values cannot be read, as what, and how one of each is written."""
    groups = f"select _unreadable, count(*), min(_example) from {table}"
    found = rows(
        engine,
        f"{groups} where _unreadable is not null group by _unreadable order by 2 desc, 1 limit 3",
    )
    parts = [
        f"{columns} ({', '.join(declared.columns[name] for name in columns.split(', '))})"
        f" in {plural(int(count), 'row')}, such as {shape(example)}"
        for columns, count, example in found
    ]
    return (
        f": {'; '.join(parts)} (docs/loaders.md says which formats are read; the variable"
        " landed_formats says how dates and numbers are written)"
    )
