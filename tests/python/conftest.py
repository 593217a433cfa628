"""What the Python tests share: warehouses of their own, one demo, and dbt in this process.

With pytest-xdist each test file runs in one of several processes. They share, in one folder below
pytest's own: the project as dbt parsed it, a file for each set of variables that changes what is
parsed, and the built demo. The first process that needs one makes it, under a lock.
"""

import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from unittest import mock

import dbt.compilation
import duckdb
import pytest
import quick_models
from filelock import FileLock

from crm_hygiene.dbt import share_contexts

ROOT = Path(__file__).resolve().parents[2]
SHARED_DATA = ROOT.parent / "shared" / "data"

# One target folder a process.
TARGET = tempfile.mkdtemp(prefix="crm_hygiene_target_")
# Read where SQL is compiled, long after the project is parsed, with the values of each run.
COMPILED_VARIABLES = {
    "as_of", "business_period", "business_timezone", "fiscal_year_start_month", "future_as_of",
    "hubspot_files", "open_files", "salesforce_files",
    "automation", "on_date", "record_key", "rule", "signal",
}  # fmt: skip
# What makes the demo: its files decide whether one that an earlier session built still holds.
DEMO_SOURCES = ("dbt_project.yml", "macros", "models", "profiles", "requirements.txt", "seeds")
DEMO_SOURCES += ("standin", "tests/singular")

shared_folder: Path | None = None
_manifests: dict = {}


def pytest_configure(config):
    """Find the folder that all processes of this session share."""
    global shared_folder
    share_contexts()
    dbt.compilation.inject_ctes_into_sql = quick_models.with_ctes
    given = os.environ.get("CRM_HYGIENE_TEST_FOLDER")
    shared_folder = Path(given or tempfile.mkdtemp(prefix="crm_hygiene_tests_"))
    os.environ["CRM_HYGIENE_TEST_FOLDER"] = str(shared_folder)


def pytest_collection_modifyitems(items):
    """Begin with the file that builds the demo, then with those that can do without it.

    A process that asks for the demo while another builds it only waits. pytest-xdist hands out the
    files in this order (--no-loadscope-reorder).
    """

    def place(item) -> int:
        if item.path.stem == "test_demo":
            return 0
        return 2 if item.path in wanting_the_demo else 1

    wanting_the_demo = {item.path for item in items if "demo" in item.fixturenames}
    items.sort(key=place)


def place_of_project(target: str = TARGET) -> list[str]:
    """Return the options that tell dbt where the project is and where to write."""
    place = ["--project-dir", str(ROOT), "--profiles-dir", str(ROOT / "profiles")]
    return [*place, "--target-path", target, "--log-path", target]


def parsed_project(variables: dict | None = None, database: str = "crm"):
    """Return the project as dbt parses it with these variables, parsed once in a session.

    dbt renders most when it is used. Of the variables only those count that say where a landing
    lies, and of `crm_sources` whether the demo is read; the database is named by its file.
    """
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest

    matters = {
        name: value
        for name, value in (variables or {}).items()
        if name not in COMPILED_VARIABLES and (name != "crm_sources" or value is not None)
    }
    if "crm_sources" in matters:
        matters["crm_sources"] = ["open"]
    key = hashlib.sha256(repr((database, sorted(matters.items()))).encode()).hexdigest()[:16]
    if key not in _manifests:
        file = shared_folder / f"{key}.msgpack"
        with FileLock(f"{file}.lock"):
            if not file.exists():
                # A folder that lasts holds what an earlier session parsed: only changes are parsed.
                kept = os.environ.get("CRM_HYGIENE_TEST_PARSE")
                target = f"{kept}/{key}" if kept else tempfile.mkdtemp(dir=shared_folder)
                command = ["--quiet", "parse", *place_of_project(target), "--vars", str(matters)]
                with mock.patch.dict(os.environ, {"CRM_HYGIENE_DUCKDB": f"{database}.duckdb"}):
                    parsed = dbtRunner().invoke(command)
                assert parsed.success, parsed.exception
                shutil.copy(Path(target) / "partial_parse.msgpack", file)
        _manifests[key] = Manifest.from_msgpack(file.read_bytes())
    manifest = _manifests[key]
    for node in manifest.nodes.values():
        # What an earlier run of this process compiled with other variables.
        if node.resource_type != "seed":
            node.compiled, node.compiled_code = False, None
            node.extra_ctes, node.extra_ctes_injected = [], False
    return manifest


class Warehouse:
    """A DuckDB file and the dbt commands run on it: models are made at once, or as dbt does."""

    def __init__(self, path: Path, made: Callable = quick_models.quick):
        self.path, self.made = path, made

    def sql(self, query: str) -> list[tuple]:
        """Run SQL on the file."""
        with duckdb.connect(str(self.path)) as connection:
            connection.execute("set timezone = 'UTC'")
            return connection.execute(query).fetchall()

    def copy(self, folder: Path) -> "Warehouse":
        """Copy the file, to change it or to open it otherwise: dbt still holds it in this process.

        A view names its catalog, which is the file's name, so that stays.
        """
        self.let_go()
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
        """Run a dbt command; return its result.

        Commands that run or compile models take the project as it was parsed before, and only what
        is compiled is written; the others do as they do for users.
        """
        from dbt.cli.main import dbtRunner

        os.environ["CRM_HYGIENE_DUCKDB"] = str(self.path)
        given = ["--vars", str(variables)] if variables else []
        flags, manifest = [], None
        if command in ("build", "compile", "run", "seed", "test"):
            manifest = parsed_project(variables, self.path.stem)
            flags = ["--log-level-file", "none"]
            flags += [] if command == "compile" else ["--no-write-json"]
        runner = dbtRunner(manifest=manifest)
        with self.made():
            return runner.invoke(
                ["--quiet", *flags, command, *arguments, *place_of_project(), *given]
            )

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

    def let_go(self) -> None:
        """Close what an earlier dbt command of this process holds open."""
        if duckdb_of_dbt := sys.modules.get("dbt.adapters.duckdb.connections"):
            duckdb_of_dbt.DuckDBConnectionManager.close_all_connections()


def fingerprint_of_the_demo() -> str:
    """Return a hash of all that the built demo is made from."""
    digest = hashlib.sha256()
    for place in DEMO_SOURCES:
        path = ROOT / place
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file():
                digest.update(str(file.relative_to(ROOT)).encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def built_demo() -> Path:
    """Return the demo as `dbt build` builds it on an empty database, with every dbt test.

    One that passed is kept in target/ until anything that makes it changes.
    """
    kept = ROOT / "target" / "tested_demo" / fingerprint_of_the_demo()
    kept.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{kept.parent}.lock"):
        if not kept.exists():
            folder = Path(tempfile.mkdtemp(dir=shared_folder))
            warehouse = Warehouse(folder / "crm.duckdb", made=nullcontext)
            warehouse.build()
            warehouse.let_go()
            warehouse.sql("checkpoint")
            warehouse.let_go()
            for older in kept.parent.iterdir():
                shutil.rmtree(older)
            shutil.move(folder, kept)
    return kept / "crm.duckdb"


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Warehouse:
    """The demo, built as `dbt build` builds it on an empty database, with every dbt test.

    All modules share it: read it, and copy it to change it.
    """
    return Warehouse(Path(shutil.copy(built_demo(), tmp_path_factory.mktemp("demo"))))


@pytest.fixture
def copy(demo, tmp_path) -> Warehouse:
    """The demo, to be changed."""
    return demo.copy(tmp_path)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory) -> Warehouse:
    """An empty warehouse for the tests of one module."""
    return Warehouse(tmp_path_factory.mktemp("warehouse") / "crm.duckdb")
