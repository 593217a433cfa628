"""The demo's Salesforce records as an open landing, built once and then rebuilt with changes.

A rebuild asks dbt only for the SQL of the models that look at what is landed; all other SQL is
that of the first build, and so are the models that read only tables whose rows are the same.
"""

import os
import shutil
from pathlib import Path

import duckdb
import yaml
from conftest import ROOT, Warehouse, parsed_project, place_of_project

VARIABLES = {"crm_sources": ["open"], "as_of": "2026-09-30 22:00:00"}
LOADED_AT = "timestamp '2026-09-30 21:00:00' as _loaded_at"
SOURCES = ROOT / "models/staging/open/_open__sources.yml"
# What the models of a landing are compiled from, besides its own base_open__ model.
LOOKING = ["int_landing__columns", "int_landing__tables"]
# An empty flag of Salesforce means no (flag_policy), and who has not opted out may be written to.
# An open landing has to say so.
HOLD = {"legal_hold": "coalesce(is_on_legal_hold, false)"}
PERSON = {
    "consent_status": "case consent_status when 'unknown' then 'opted_in' else consent_status end",
    "do_not_contact": "coalesce(do_not_contact, false)",
}


def made(table: str) -> dict[str, str]:
    """Return by whom and through what each record of a table was made."""
    creation = (
        "(select {} from staging.stg_crm__creations inner join staging.base_crm__records"
        f" using (record_sk) where base_crm__records.record_key = stg_crm__{table}.record_key)"
    )
    return {
        "created_by": creation.format("stg_crm__creations.created_by"),
        "created_channel": creation.format("stg_crm__creations.channel"),
    }


# Where a landed column is not the staged column of that name.
NAMES = {
    "accounts": {
        "name": "account_name",
        "parent_id": "parent_account_id",
        "is_customer": "coalesce(is_customer, false)",
        "is_partner": "coalesce(is_partner, false)",
        "is_strategic": "coalesce(is_strategic, false)",
        **HOLD,
        **made("accounts"),
    },
    "activities": {"type": "activity_type"},
    "cases": HOLD | made("cases"),
    "changes": {"sequence": "change_sequence"},
    "contacts": HOLD | PERSON | made("contacts"),
    "contracts": {"crm": "'open'"},
    "documents": {
        "document_id": "contract_id",
        "crm": "'open'",
        "created_at": "signed_at",
        "type": "status",
        "contact_id": "cast(null as varchar)",
        "expires_at": "cast(end_date as timestamp)",
    },
    "invoices": {"crm": "'open'"},
    "leads": HOLD | PERSON | made("leads"),
    "lifecycle_reviews": {"crm": "'open'"},
    "opportunities": {
        "name": "opportunity_name",
        "type": "opportunity_type",
        **HOLD,
        **made("opportunities"),
    },
    "users": {"name": "user_name"},
}
STAGED = {"changes": "told_changes", "documents": "contracts"}


def declared() -> dict[str, list[str]]:
    """Return the declared tables of an open landing and their columns, but for the loader's."""
    (source,) = yaml.safe_load(SOURCES.read_text())["sources"]
    return {
        table["name"]: [
            column["name"] for column in table["columns"] if column["name"] != "_loaded_at"
        ]
        for table in source["tables"]
    }


def land(demo: Warehouse, folder: Path) -> Warehouse:
    """Land what the demo staged of Salesforce as the open shape declares it."""
    folder.mkdir()
    staged = demo.copy(folder)
    landing = folder / "landing" / "crm.duckdb"
    landing.parent.mkdir()
    with duckdb.connect(str(staged.path)) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"attach '{landing}' as landing")
        connection.execute("create schema landing.crm_landing")
        for table, columns in declared().items():
            names = NAMES.get(table, {})
            told = ", ".join(f'{names.get(column, column)} as "{column}"' for column in columns)
            conditions = ["true" if table == "lifecycle_reviews" else "crm = 'salesforce'"]
            if table == "activities":
                conditions.append("not is_deleted")
            connection.execute(
                f"create table landing.crm_landing.{table} as select {told}, {LOADED_AT}"
                f" from staging.stg_crm__{STAGED.get(table, table)}"
                f" where {' and '.join(conditions)}"
            )
    staged.path.unlink()
    return Warehouse(landing)


def rows_of(connection, schema: str, name: str) -> tuple:
    """Return what tells the rows of a table from others, in any order."""
    rows = f'"{schema}"."{name}" as rows_of_it'
    query = f"select count(*), sum(hash(rows_of_it)) from {rows}"
    return connection.execute(query).fetchone()


class OpenDemo:
    """The open landing as it was built first, and as it is built again with changes."""

    def __init__(self, demo: Warehouse, folder: Path, *select: str):
        self.folder = folder
        self.built = land(demo, folder / "open_demo")
        without_tests = ["--exclude", "resource_type:test", "resource_type:unit_test"]
        result = self.built.dbt("build", *without_tests, "--select", *select, variables=VARIABLES)
        assert result.success, result.exception
        self.models = {
            one.node.name: (
                one.node.schema,
                one.node.config.materialized,
                one.node.compiled_code,
                [name.split(".")[-1] for name in one.node.depends_on.nodes],
            )
            for one in result.result.results
            if one.node.resource_type == "model"
        }
        self.built.let_go()
        self.built.let_go()
        self.built.sql("checkpoint")
        with duckdb.connect(str(self.built.path), read_only=True) as connection:
            connection.execute("set timezone = 'UTC'")
            self.rows = {
                name: rows_of(connection, schema, name)
                for name, (schema, kind, *_) in self.models.items()
                if kind != "view"
            }

    def again(self, *changes: str, tables: list[str]) -> Warehouse:
        """Build a copy after these changes (SQL) of the landed tables."""
        folder = self.folder / "again"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        warehouse = self.built.copy(folder)
        with duckdb.connect(str(warehouse.path)) as connection:
            connection.execute("set timezone = 'UTC'")
            for change in changes:
                connection.execute(change)
        stale = {*LOOKING, *(f"base_open__{table}" for table in tables)} & self.models.keys()
        code = self.compiled(warehouse, stale)
        with duckdb.connect(str(warehouse.path)) as connection:
            connection.execute("set timezone = 'UTC'")
            connection.execute("set threads = 1")
            # dbt lists its results in the order in which it ran the models, each after its parents.
            for name, (schema, kind, sql, parents) in self.models.items():
                if name in stale or stale.intersection(parents):
                    kind = "view" if kind == "view" else "table"
                    connection.execute(
                        f'create or replace {kind} "{schema}"."{name}" as {code.get(name, sql)}'
                    )
                    # What reads a table with the rows that it had would be made as it is.
                    if kind == "view" or rows_of(connection, schema, name) != self.rows[name]:
                        stale.add(name)
                    else:
                        stale.discard(name)
        return warehouse

    def compiled(self, warehouse: Warehouse, models: set[str]) -> dict[str, str]:
        """Return the SQL of these models for what is landed now."""
        result = self.invoke(warehouse, "compile", "--select", *sorted(models))
        return {one.node.name: one.node.compiled_code for one in result.results}

    def invoke(self, warehouse: Warehouse, *arguments: str, callbacks: tuple = ()):
        """Run a dbt command on the parsed project; return its result."""
        from dbt.cli.main import dbtRunner

        os.environ["CRM_HYGIENE_DUCKDB"] = str(warehouse.path)
        manifest = parsed_project(VARIABLES, warehouse.path.stem)
        flags = ["--log-level", "none", "--no-write-json", "--log-level-file", "none"]
        given = [*place_of_project(), "--vars", str(VARIABLES)]
        runner = dbtRunner(manifest=manifest, callbacks=list(callbacks))
        with warehouse.made():
            done = runner.invoke([*flags, *arguments, *given])
        assert done.success, done.exception
        warehouse.let_go()
        return done.result

    def summary(self, warehouse: Warehouse) -> str:
        """Return what the end of a build prints of the landing and of the decisions."""
        printed = []

        def listen(event) -> None:
            if event.info.name == "PrintEvent":
                printed.append(event.data.msg)

        for macro in ("landing", "coverage", "lifecycle"):
            self.invoke(warehouse, "run-operation", f"print_{macro}_summary", callbacks=(listen,))
        return "\n".join(printed)
