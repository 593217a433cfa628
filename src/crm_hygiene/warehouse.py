"""The built warehouse: opening it and reading its tables, with DuckDB's SQL whatever it is."""

import gc
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from crm_hygiene.project import ROOT


class WarehouseError(Exception):
    """Why the warehouse cannot be read, in one sentence."""


class NotBuiltError(WarehouseError):
    """A table or column that the last build did not make."""


def warehouse_path() -> Path:
    """Return where the warehouse is."""
    return ROOT / os.environ.get("CRM_HYGIENE_DUCKDB", "warehouse/crm_hygiene.duckdb")


def candidate_of(given: Path) -> Path:
    """Return where the candidate of a warehouse is built: under its name, which views refer to."""
    return given.resolve().parent / f"{given.stem}.nightly" / "candidate" / given.name


def unpublished_path() -> Path | None:
    """Return where the warehouse of a run is that was not published, if the last was not."""
    candidate = candidate_of(warehouse_path())
    return candidate if candidate.is_file() else None


def first_line(error: Exception) -> str:
    """Return what an error says, short."""
    return str(error).strip().splitlines()[0]


def place_of(target: str) -> Path | str:
    """Return what open_warehouse() takes for a target: its file, or its name where it has none."""
    return warehouse_path() if target == "duckdb" else target


def open_warehouse(place: Path | str | None = None) -> duckdb.DuckDBPyConnection:
    """Open the warehouse to read it: a DuckDB file, or that of the target of this name."""
    if isinstance(place, str):
        from crm_hygiene.postgres import open_target

        return open_target(place)
    path = place or warehouse_path()
    if not path.is_file():
        raise WarehouseError("The marts are not built yet; run make build first.")
    try:
        return duckdb.connect(str(path), read_only=True)
    except duckdb.Error as error:
        if "lock" in str(error):
            raise WarehouseError(
                "Another process has the warehouse open; try again later."
            ) from None
        raise WarehouseError(f"{path} cannot be opened: {first_line(error)}") from None


def let_go_of_the_file() -> None:
    """Close the connections by which an earlier dbt command of this process keeps the file open."""
    if dbt_duckdb := sys.modules.get("dbt.adapters.duckdb.connections"):
        dbt_duckdb.DuckDBConnectionManager.close_all_connections()
        gc.collect()


def columns_of(connection: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    """Return the columns of a table such as `marts.stop_the_line`; none where it is not built."""
    schema, table = name.split(".")
    found = connection.execute(
        "select column_name from duckdb_columns() "
        "where database_name = current_database() and schema_name = ? and table_name = ? "
        "order by column_index",
        [schema, table],
    ).fetchall()
    return [column for (column,) in found]


def rows(
    connection: duckdb.DuckDBPyConnection, query: str, values: Sequence | Mapping = ()
) -> list[dict[str, object]]:
    """Return the rows of a query by the names of their columns."""
    try:
        result = connection.execute(query, values)
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    except (duckdb.CatalogException, duckdb.BinderException):
        raise NotBuiltError("The marts are not built yet; run make build first.") from None
    except duckdb.Error as error:
        raise WarehouseError(f"The marts cannot be read: {first_line(error)}") from None


def table(connection: duckdb.DuckDBPyConnection, name: str) -> list[dict[str, object]]:
    """Return the rows of a table such as `marts.stop_the_line`; none where it is not built."""
    return rows(connection, f"select * from {name}") if columns_of(connection, name) else []
