"""What the Python tests share: a warehouse of their own and dbt in this process."""

import os
import shutil
import tempfile
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED_DATA = ROOT.parent / "shared" / "data"


# One target folder for all: dbt parses the project anew only where the variables change.
TARGET = tempfile.mkdtemp(prefix="crm_hygiene_target_")


class Warehouse:
    """A DuckDB file and the dbt commands run on it."""

    def __init__(self, path: Path):
        self.path = path

    def sql(self, query: str) -> list[tuple]:
        """Run SQL on the file."""
        with duckdb.connect(str(self.path)) as connection:
            connection.execute("set timezone = 'UTC'")
            return connection.execute(query).fetchall()

    def copy(self, folder: Path) -> "Warehouse":
        """Copy the file, to change it or to open it otherwise: dbt still holds it in this process.

        A view names its catalog, which is the file's name, so that stays.
        """
        self.sql("checkpoint")
        return Warehouse(Path(shutil.copy(self.path, folder)))

    def land(self, schema: str, table: str, columns: dict[str, str], rows: list[tuple]) -> None:
        """Make a landed table with these columns (name -> type) and rows."""
        with duckdb.connect(str(self.path)) as connection:
            connection.execute("set timezone = 'UTC'")
            connection.execute(f'create schema if not exists "{schema}"')
            definition = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
            connection.execute(f'create or replace table "{schema}"."{table}" ({definition})')
            if rows:
                marks = ", ".join("?" for _ in columns)
                connection.executemany(f'insert into "{schema}"."{table}" values ({marks})', rows)

    def dbt(self, command: str, *arguments: str, variables: dict | None = None):
        """Run a dbt command; return its result."""
        from dbt.cli.main import dbtRunner

        os.environ["CRM_HYGIENE_DUCKDB"] = str(self.path)
        place = ["--project-dir", str(ROOT), "--profiles-dir", str(ROOT / "profiles")]
        place += ["--target-path", TARGET, "--log-path", TARGET]
        given = ["--vars", str(variables)] if variables else []
        return dbtRunner().invoke(["--quiet", command, *arguments, *place, *given])

    def build(self, *arguments: str, variables: dict | None = None) -> None:
        """Run `dbt build` and fail with the messages of what failed."""
        result = self.dbt("build", *arguments, variables=variables)
        bad = []
        if result.result is not None:
            bad = [
                f"{one.node.name}: {one.message}"
                for one in result.result.results
                if one.status in ("error", "fail", "runtime error", "skipped")
            ]
        assert result.success, "\n".join(bad) or str(result.exception)


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Warehouse:
    """The demo, built as `dbt build` builds it on an empty database, with every dbt test.

    All modules share it: read it, and copy it to change it.
    """
    built = Warehouse(tmp_path_factory.mktemp("demo") / "crm.duckdb")
    built.build()
    return built


@pytest.fixture
def copy(demo, tmp_path) -> Warehouse:
    """The demo, to be changed."""
    return demo.copy(tmp_path)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory) -> Warehouse:
    """An empty warehouse for the tests of one module."""
    return Warehouse(tmp_path_factory.mktemp("warehouse") / "crm.duckdb")
