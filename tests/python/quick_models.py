"""Tables and views made by one statement each, where a test is about what is in them.

dbt makes a table beside the old one and swaps their names, in a dozen looks into the catalog, which
on a small landing take longer than the SQL of most models. The demo is built as dbt builds it. So
is what one statement cannot make, and what fails, so that an error is dbt's own.
"""

import re
import threading
from contextlib import contextmanager
from unittest import mock

import duckdb
from dbt.artifacts.schemas.results import RunStatus
from dbt.artifacts.schemas.run import RunResult
from dbt.task.run import ModelRunner

as_dbt_makes_it = ModelRunner._execute_model


def statement(model, relation) -> str:
    """Return what makes a table or view."""
    sql = model.compiled_code
    if relation.is_view:
        # As macro duckdb__create_view_as: a copy of the file may be called otherwise.
        sql = sql.replace(f'"{relation.database}".', "")
        return f"create or replace view {relation} as (\n{sql}\n)"
    if model.config.contract.enforced:
        columns = ", ".join(
            f'cast("{name}" as {column.data_type}) as "{name}"'
            for name, column in model.columns.items()
        )
        sql = f"select {columns} from (\n{sql}\n)"
    return f"create or replace table {relation} as (\n{sql}\n)"


def make(runner, hook_context, config, model, context, materialization, manifest) -> RunResult:
    """Make a model at once, or leave it to dbt."""
    given = hook_context, config, model, context, materialization, manifest
    kind, own = model.get_materialization(), model.config
    if kind not in ("table", "view") or own.pre_hook or own.post_hook or own.grants:
        return as_dbt_makes_it(runner, *given)
    relation = context["this"].incorporate(type=kind)
    # What compiling the model began: the statement is to be a transaction of its own.
    runner.adapter.commit_if_has_connection()
    connection = runner.adapter.connections.get_thread_connection()
    try:
        connection.handle.cursor().execute(statement(model, relation))
    except (duckdb.Error, RuntimeError):
        # Perhaps it was a view and is a table now; if not, dbt says what is wrong.
        return as_dbt_makes_it(runner, *given)
    runner.adapter.cache_added(relation.incorporate(dbt_created=True))
    return RunResult(
        node=model,
        status=RunStatus.Success,
        timing=[],
        thread_id=threading.current_thread().name,
        execution_time=0.0,
        message="OK",
        adapter_response={},
        failures=None,
        batch_results=None,
    )


def with_ctes(sql: str, ctes: list) -> str:
    """Return SQL with ephemeral models and fixtures before its own CTEs, as dbt does.

    dbt parses the whole statement to find its first word: a quarter of the time of a unit test.
    """
    if not ctes:
        return sql
    told = ", ".join(cte.sql for cte in ctes)
    begin = re.match(r"(?is)(?:\s|--[^\n]*\n|/\*.*?\*/)*with\b(?:\s+recursive\b)?", sql)
    if begin:
        return f"{begin[0]} {told}, {sql[begin.end() :]}"
    return f"with {told} {sql}"


@contextmanager
def quick():
    """Make models at once while this lasts."""
    with mock.patch.object(ModelRunner, "_execute_model", make):
        yield
