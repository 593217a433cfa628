"""A PostgreSQL: a build goes into schemas beside the published ones, and publishing renames both.

Renaming a schema waits for nobody and nobody waits for it. What is replaced stays, under another
name, until the next run: who reads it in one transaction reads on.
"""

import contextlib
import os
from collections.abc import Iterator
from typing import Any
from unittest import mock

from crm_hygiene.dbt import Dbt
from crm_hygiene.nightly.faults import Stopped
from crm_hygiene.nightly.lock import RunningError, now
from crm_hygiene.postgres import NEXT, REPLACED, SCHEMA_PREFIX, connect_target, quoted
from crm_hygiene.project import ROOT
from crm_hygiene.warehouse import WarehouseError, first_line

PUBLISHED = "runs.published"
PUBLISHED_COLUMNS = "run text, published_at timestamp, as_of timestamp, project_version text"
# What this project calls its advisory lock.
LOCK = (0x63726D, 0x68796769)
# Runs are recorded where all see them, also those that are not published.
SHARED = ("runs",)
KINDS = {"r": "table", "p": "table", "f": "foreign table", "v": "view", "m": "materialized view"}


class PostgresSchemas:
    """The schemas of a PostgreSQL: built under other names, published by a swap."""

    def __init__(self, target: str):
        """Take the target, by which its lock and log are named."""
        self.target = target
        self.folder = ROOT / "warehouse" / f"{target}.nightly"
        self.where = f"the target {target}"
        self.candidate = f"the schemas {NEXT}*"
        self.schemas: list[str] = []
        self.made: set[tuple[str, str]] = set()
        self.session: Any = None

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the server's lock of this project; it lets go of it when the process ends."""
        try:
            self.session = connect_target(self.target)
        except WarehouseError as error:
            raise Stopped(str(error)) from None
        self.session.autocommit = True
        try:
            if not self.rows("select pg_try_advisory_lock(%s, %s)", *LOCK)[0][0]:
                held = self.rows(
                    "select pid, date_trunc('second', backend_start at time zone 'UTC')"
                    " from pg_locks inner join pg_stat_activity using (pid)"
                    " where locktype = 'advisory' and classid = %s and objid = %s and granted",
                    *LOCK,
                )
                who = "server process {}, since {} UTC".format(*held[0]) if held else "just ended"
                raise RunningError(
                    f"Another run is at work: {who}. Nothing was done; this one is not needed, or "
                    "wait until that has ended."
                )
            yield
        finally:
            self.session.close()

    @contextlib.contextmanager
    def faults(self) -> Iterator[None]:
        """Say in one sentence what the server refuses."""
        import psycopg2

        try:
            yield
        except psycopg2.Error as error:
            raise Stopped(
                f"{self.target} refuses ({first_line(error)}); nothing was published."
            ) from None

    def rows(self, query: str, *values: Any) -> list[tuple]:
        """Run a statement on the session that holds the lock; return its rows."""
        with self.faults(), self.session.cursor() as cursor:
            cursor.execute(query, values or None)
            return cursor.fetchall() if cursor.description else []

    def clean(self) -> None:
        """Drop what was replaced before; what is still read stays until the next run."""
        import psycopg2

        for schema in self.schemas_that_begin(REPLACED):
            still_read = contextlib.suppress(psycopg2.errors.LockNotAvailable)
            with self.faults(), still_read, self.session.cursor() as cursor:
                cursor.execute("set lock_timeout = '2s'")
                cursor.execute(f"drop schema {quoted(schema)} cascade")
        self.rows("reset lock_timeout")

    def schemas_that_begin(self, start: str) -> list[str]:
        """Return the schemas whose names begin so."""
        return [
            name
            for (name,) in self.rows("select nspname from pg_namespace")
            if name.startswith(start)
        ]

    def take(self, as_of_is_given: bool, is_restored: bool = False) -> None:
        """Refuse a clock that went back."""
        self.rows("create schema if not exists runs")
        self.rows(f"create table if not exists {PUBLISHED} ({PUBLISHED_COLUMNS})")
        ((last,),) = self.rows(f"select max(published_at) from {PUBLISHED}")
        if last and last > now() and not as_of_is_given:
            raise Stopped(
                f"The clock says {now():%Y-%m-%d %H:%M} UTC, and the last run was published at "
                f"{last:%Y-%m-%d %H:%M}: it went back, or was wrong then. Set it right; where it is"
                " right now, say when to look at the CRM once (--vars 'as_of: ...')."
            )

    def begin(self, dbt: Dbt) -> None:
        """Make the schemas of the candidate, with what is kept; lead dbt's project there."""
        nodes = [
            node
            for node in dbt.manifest.nodes.values()
            if node.resource_type in ("model", "seed", "test")
            and node.fqn[1] != "demo"
            and node.schema not in SHARED
        ]
        self.schemas = sorted({node.schema for node in nodes})
        self.made = {(node.schema, node.alias) for node in nodes}
        for left in self.schemas_that_begin(NEXT):
            self.rows(f"drop schema {quoted(left)} cascade")
        for schema in self.schemas:
            self.rows(f"create schema {quoted(NEXT + schema)}")
            self.grant_as(schema)
        for node in nodes:
            if node.resource_type == "model" and node.config.materialized == "incremental":
                self.keep(node.schema, node.alias)
            if node.relation_name:
                node.relation_name = node.relation_name.replace(
                    f"{quoted(node.schema)}.", f"{quoted(NEXT + node.schema)}."
                )
            node.schema = NEXT + node.schema

    def grant_as(self, schema: str) -> None:
        """Let those who may use a published schema use the one that takes its place."""
        grants = self.rows(
            "select format('grant %%s on schema %%I to %%s', privilege_type, %s, case grantee"
            " when 0 then 'public' else grantee::regrole::text end)"
            " from pg_namespace, aclexplode(nspacl) where nspname = %s and grantee <> nspowner"
            " union all select format('alter default privileges in schema %%I grant %%s on %%s to"
            " %%s', %s, privilege_type, case defaclobjtype when 'r' then 'tables' when 'f' then"
            " 'functions' end, case grantee when 0 then 'public' else grantee::regrole::text end)"
            " from pg_default_acl, aclexplode(defaclacl) where defaclobjtype in ('r', 'f')"
            " and defaclrole = current_user::regrole"
            " and defaclnamespace = (select oid from pg_namespace where nspname = %s)",
            NEXT + schema, schema, NEXT + schema, schema,
        )  # fmt: skip
        for (grant,) in grants:
            self.rows(grant)

    def keep(self, schema: str, table: str) -> None:
        """Copy a table that keeps what cannot be computed again."""
        if not self.rows("select to_regclass(%s)", quoted(schema, table))[0][0]:
            return
        old, new = quoted(schema, table), quoted(NEXT + schema, table)
        self.rows(f"create table {new} (like {old} including all)")
        self.rows(f"insert into {new} select * from {old}")
        self.rows(f"analyze {new}")

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """Let the commands of this process use the candidate, once there is one."""
        with mock.patch.dict(os.environ, {SCHEMA_PREFIX: NEXT} if self.schemas else {}):
            yield

    def restore(self, run: str | None) -> int:
        """Refuse: nothing is backed up."""
        raise Stopped(f"Of {self.where} nothing is backed up here: use the backups of its server.")

    def publish(self, run: str, kept: list[str]) -> dict[str, Any]:
        """Swap the schemas in one transaction; return what the log of runs tells."""
        given = dict(
            self.rows(
                f"select setting, value from {quoted(NEXT + 'marts', 'run_settings')} where"
                " coalesce(crm, pipeline, segment) is null and kind in ('variable', 'version')"
            )
        )
        told = {
            "run": run,
            "published_at": now(),
            "as_of": given.get("as_of"),
            "project_version": given.get("project_version"),
        }
        self.session.autocommit = False
        try:
            with self.session:
                self.swap(told)
        finally:
            self.session.autocommit = True
        return told

    def swap(self, told: dict[str, Any]) -> None:
        """Rename the schemas of both, and write down of which run they are."""
        self.rows("set local lock_timeout = '10s'")
        self.rows(f"delete from {PUBLISHED} where published_at > %s", told["published_at"])
        self.rows(f"insert into {PUBLISHED} values (%s, %s, %s, %s)", *told.values())
        for statement in self.moves():
            self.rows(statement)
        for schema in self.schemas:
            replaced = f"{REPLACED}{told['run'].lower()}_{schema}"[:63]
            if self.rows("select to_regnamespace(%s)", quoted(schema))[0][0]:
                self.rows(f"alter schema {quoted(schema)} rename to {quoted(replaced)}")
            self.rows(f"alter schema {quoted(NEXT + schema)} rename to {quoted(schema)}")

    def moves(self) -> list[str]:
        """Return the statements that leave in their schema the tables that are not of ours."""
        found = self.rows(
            "select n.nspname, c.relname, c.relkind from pg_class as c"
            " inner join pg_namespace as n on c.relnamespace = n.oid"
            " where n.nspname = any(%s) and c.relkind::text = any(%s)",
            self.schemas, list(KINDS),
        )  # fmt: skip
        return [
            f"alter {KINDS[kind]} {quoted(schema, name)} set schema {quoted(NEXT + schema)}"
            for schema, name, kind in found
            if (schema, name) not in self.made and not name.startswith("listed_")
        ]
