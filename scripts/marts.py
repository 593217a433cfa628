"""The built DuckDB warehouse and what the project says of its marts, for scripts that read them."""

import functools
import gc
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import duckdb
import yaml

ROOT = Path(__file__).resolve().parents[1]
DOC_BLOCK = re.compile(r"{%\s*docs\s+(\w+)\s*%}(.*?){%\s*enddocs\s*%}", re.DOTALL)
# These hold ids, but HubSpot may name an address where no user has the id.
ACTOR_IDS = {"actor_id", "changed_by", "machine"}
DOC_CALL = re.compile(r"{{\s*doc\(['\"](\w+)['\"]\)\s*}}")


class WarehouseError(Exception):
    """Why the warehouse cannot be read, in one sentence."""


class NotBuiltError(WarehouseError):
    """A table or column that the last build did not make."""


def warehouse_path() -> Path:
    """Return where the warehouse is."""
    return ROOT / os.environ.get("CRM_HYGIENE_DUCKDB", "warehouse/crm_hygiene.duckdb")


def first_line(error: Exception) -> str:
    """Return what an error says, short."""
    return str(error).strip().splitlines()[0]


def open_warehouse(path: Path | None = None) -> duckdb.DuckDBPyConnection:
    """Open the warehouse to read it."""
    path = path or warehouse_path()
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


def require_duckdb(target: str, command: str) -> None:
    """Refuse a target whose warehouse is no DuckDB file."""
    if target != "duckdb":
        raise WarehouseError(
            f"{command} reads a DuckDB warehouse only, and the target is {target}."
        )


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
    connection: duckdb.DuckDBPyConnection, query: str, values: Sequence = ()
) -> list[dict[str, object]]:
    """Return the rows of a query by the names of their columns."""
    try:
        result = connection.execute(query, list(values))
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    except (duckdb.CatalogException, duckdb.BinderException):
        raise NotBuiltError("The marts are not built yet; run make build first.") from None
    except duckdb.Error as error:
        raise WarehouseError(f"The marts cannot be read: {first_line(error)}") from None


def table(connection: duckdb.DuckDBPyConnection, name: str) -> list[dict[str, object]]:
    """Return the rows of a table such as `marts.stop_the_line`; none where it is not built."""
    return rows(connection, f"select * from {name}") if columns_of(connection, name) else []


@functools.cache
def described_marts() -> dict[str, dict]:
    """Return the marts' properties by name, columns by name and with the texts of doc blocks."""
    blocks = {}
    for file in (ROOT / "models").rglob("*.md"):
        blocks |= dict(DOC_BLOCK.findall(file.read_text("utf-8")))
    marts = {}
    for file in sorted((ROOT / "models" / "marts").rglob("_*models.yml")):
        for model in yaml.safe_load(file.read_text("utf-8")).get("models") or []:
            for described in (model, *model["columns"]):
                text = DOC_CALL.sub(lambda call: blocks[call[1]], described.get("description", ""))
                described["description"] = " ".join(text.split())
            model["columns"] = {column["name"]: column for column in model["columns"]}
            marts[model["name"]] = model
    return marts


@functools.cache
def personal_columns() -> dict[str, set[str]]:
    """Return the columns of each mart that hold personal data."""
    return {
        name: {
            column
            for column, described in mart["columns"].items()
            if described.get("config", {}).get("meta", {}).get("contains_personal_data")
        }
        for name, mart in described_marts().items()
    }


def is_url_template(template: str | None) -> bool:
    """Tell whether a template gives an address of a web page for a record."""
    if not template or "{record_id}" not in template or re.search(r"[\s\x00-\x1f\x7f]", template):
        return False
    try:
        address = urlsplit(template)
        return address.scheme in ("http", "https") and bool(address.hostname)
    except ValueError:
        return False
