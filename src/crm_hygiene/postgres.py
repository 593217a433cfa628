"""A PostgreSQL warehouse as those who read a DuckDB file see it: same tables, same SQL.

A table is copied into memory when a query names it for the first time. All are read in one
transaction, so they are of one build.
"""

import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

from crm_hygiene.dbt import Dbt, DbtError
from crm_hygiene.warehouse import WarehouseError, first_line

# "marts"."keep_list" or marts.keep_list
TABLE = re.compile(r'"?(\w+)"?\."?(\w+)"?')
KINDS = {
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
    "double precision": "double",
    "real": "float",
    # As exact as DuckDB can be.
    "numeric": "decimal(38, 12)",
}
AS_THEY_ARE = re.compile(r"smallint|integer|bigint|boolean|date|numeric\(\d+,\d+\)")
# The nightly job builds in schemas that begin so, and puts what it replaces into others.
NEXT, REPLACED = "crm_hygiene_next_", "crm_hygiene_last_"
# The variable that says with what the schemas in use begin: here, and in generate_schema_name().
SCHEMA_PREFIX = "CRM_HYGIENE_SCHEMA_PREFIX"
CATALOG = """
select n.nspname, c.relname, c.oid, a.attname, format_type(a.atttypid, a.atttypmod)
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
join pg_catalog.pg_attribute as a on a.attrelid = c.oid
where
    c.relkind in ('r', 'v', 'm', 'p', 'f') and a.attnum > 0 and not a.attisdropped
    and n.nspname not like 'pg!_%' escape '!' and n.nspname <> 'information_schema'
    and n.nspname not like 'crm!_hygiene!_last!_%' escape '!'
    and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')
order by n.nspname, c.relname, a.attnum
"""


def connect(credentials: Any) -> Any:
    """Open a connection as dbt does."""
    import psycopg2

    return psycopg2.connect(
        host=credentials.host,
        port=credentials.port,
        user=credentials.user,
        password=credentials.password,
        dbname=credentials.database,
        options="-c timezone=UTC",
        client_encoding="UTF8",
    )


def open_target(target: str) -> "Copied":
    """Open the warehouse of a target of profiles.yml to read it."""
    return Copied(connect_target(target))


def connect_target(target: str) -> Any:
    """Open a connection to the warehouse of a target."""
    import psycopg2

    dbt = Dbt(target)
    try:
        if dbt.engine_type() != "postgres":
            raise WarehouseError(
                f"The marts are read on DuckDB and PostgreSQL only, and the target is {target}."
            )
        return connect(dbt.credentials())
    except (DbtError, psycopg2.Error) as error:
        raise WarehouseError(f"{target} cannot be opened: {first_line(error)}") from None


def quoted(*names: str) -> str:
    """Return a name as SQL."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def kind_of(kind: str) -> str:
    """Return DuckDB's type for one of PostgreSQL."""
    return KINDS.get(kind) or (kind if AS_THEY_ARE.fullmatch(kind) else "varchar")


class Copied:
    """What is used of a DuckDB connection, on a database that is filled as it is asked."""

    def __init__(self, connection: Any, file: Path | None = None):
        """Make all tables without their rows."""
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        self.remote = connection
        self.local = duckdb.connect(str(file or ":memory:"))
        self.local.execute("set timezone = 'UTC'")
        self.waiting: dict[tuple[str, str], dict[str, str]] = {}
        self.found: dict[tuple[str, str], tuple[str, int]] = {}
        with connection.cursor() as cursor:
            cursor.execute(CATALOG)
            found = cursor.fetchall()
        prefix = os.environ.get(SCHEMA_PREFIX, "")
        # A candidate's are found under the names that they will have, too.
        hidden = {row[0].removeprefix(prefix) for row in found if prefix and prefix in row[0]}
        for schema, table, oid, column, kind in found:
            if schema in hidden:
                continue
            for shown in {schema, schema.removeprefix(prefix)}:
                self.found[shown, table] = quoted(schema, table), oid
                self.waiting.setdefault((shown, table), {})[column] = kind_of(kind)
        self.local.execute("begin")
        for (schema, table), columns in self.waiting.items():
            listed = ", ".join(f"{quoted(name)} {kind}" for name, kind in columns.items())
            self.local.execute(f"create schema if not exists {quoted(schema)}")
            self.local.execute(f"create table {quoted(schema, table)} ({listed})")
        self.local.execute("commit")

    def fetch(self, names: Iterable[tuple[str, str]]) -> None:
        """Copy the rows of these tables, where that is not done yet."""
        for name in names:
            columns = self.waiting.pop(name, None)
            if columns is None:
                continue
            with tempfile.NamedTemporaryFile(suffix=".csv") as file:
                with self.remote.cursor() as cursor:
                    # Where it is now: a run that is published meanwhile renames its schema, which
                    # a transaction hears of when it looks at what now has the name.
                    place, oid = self.found[name]
                    cursor.execute(f"select from {place} limit 0")
                    cursor.execute("select %s::regclass::text", [oid])
                    query = f"copy (select * from {cursor.fetchone()[0]}) to stdout (format csv)"
                    cursor.copy_expert(query, file)
                file.flush()
                # NULL is written as nothing, an empty text as "".
                self.local.execute(
                    f"insert into {quoted(*name)} select * from read_csv(?, columns = ?, "
                    "header = false, auto_detect = false, delim = ',', quote = '\"', "
                    "escape = '\"', nullstr = '', allow_quoted_nulls = false, parallel = false)",
                    [file.name, columns],
                )

    def fetch_schema(self, schema: str) -> None:
        """Copy the rows of all tables of a schema."""
        self.fetch([name for name in self.waiting if name[0] == schema])

    def named_in(self, query: str) -> list[tuple[str, str]]:
        """Return the tables that a query names and that have no rows yet."""
        return [name for name in TABLE.findall(query) if name in self.waiting]

    def execute(self, query: str, parameters: Any = None) -> duckdb.DuckDBPyConnection:
        """Run a query."""
        self.fetch(self.named_in(query))
        return self.local.execute(query, parameters)

    def sql(self, query: str) -> duckdb.DuckDBPyRelation:
        """Return the relation of a query."""
        self.fetch(self.named_in(query))
        return self.local.sql(query)

    def close(self) -> None:
        """Close both sides."""
        self.local.close()
        self.remote.close()

    def __enter__(self) -> "Copied":
        """Be used in a with statement."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close at the end of it."""
        self.close()
