"""Build the whole project on a PostgreSQL of its own, and compare every mart with DuckDB's.

    crm-hygiene parity [--against FILE.duckdb] [--vars YAML]

The demo is landed and checked, everything is built with its data tests and unit tests; then each
mart is compared row by row with DuckDB's build of the same as_of: with that of the file given, or
with one that is made meanwhile. Exit code 0 only where all passed and no mart differs. The last
line says how many do.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import yaml

from crm_hygiene.build import explain
from crm_hygiene.cli import command_parser
from crm_hygiene.cluster import ClusterError, cluster
from crm_hygiene.compare import compare_open
from crm_hygiene.dbt import Dbt, DbtError
from crm_hygiene.gate.checks import GateError
from crm_hygiene.gate.validation import validate
from crm_hygiene.nightly.faults import Stopped
from crm_hygiene.nightly.schemas import PostgresSchemas
from crm_hygiene.postgres import Copied, connect
from crm_hygiene.project import ROOT

# Where dbt keeps what it parsed for this engine.
TARGET_PATH = ROOT / "target" / "postgres"
# When a run was made differs between any two.
OF_THE_RUN = {"lifecycle_decision_log.logged_at", "lifecycle_decision_log.log_id"}
# The last bits of a sum of doubles depend on the order of its parts.
TOLERANCE = 1e-9
DEMO = "path:seeds/demo"


class ParityError(Exception):
    """What failed before anything could be compared, in one sentence."""


def build_on_postgres(variables: dict[str, Any], folder: Path, *leaving_out: str) -> Any:
    """Land the demo, check it, build, test and publish everything but these kinds of dbt's
    resources; return the credentials."""
    dbt, place = Dbt("postgres", variables), PostgresSchemas("postgres")
    left_out = ["--exclude-resource-type", *leaving_out] if leaving_out else []
    try:
        with place.alone():
            place.take(as_of_is_given=True)
            place.begin(dbt)
            with place.in_use():
                run(dbt, "seed", "--select", DEMO)
                checked = validate(dbt, folder / "landing_rows.json", folder / "landing_checks")
                print("\n".join(checked.summary_lines()), flush=True)
                if not checked.ok:
                    raise ParityError("The landing failed a critical check.")
                run(dbt, "build", "--exclude", DEMO, *left_out)
            place.publish("parity", [])
    except (DbtError, GateError, Stopped) as error:
        raise ParityError(str(error)) from None
    return dbt.credentials()


def run(dbt: Dbt, *command: str) -> None:
    """Run a dbt command, or say why it failed."""
    done = dbt.run(*command)
    if not done.success:
        raise ParityError(explain(done, dbt).sentence)


def build_on_duckdb(variables: dict[str, Any], folder: Path) -> Path:
    """Build the models on DuckDB, in a process of its own; return the file."""
    file = folder / "duckdb" / "crm_hygiene.duckdb"
    file.parent.mkdir()
    command = [
        sys.executable, "-c", "from dbt.cli.main import cli; cli()", "--quiet", "build",
        "--exclude-resource-type", "test", "unit_test", "--target", "duckdb",
        "--project-dir", str(ROOT), "--profiles-dir", str(Dbt().profiles),
        "--vars", json.dumps(variables, default=str),
    ]  # fmt: skip
    places = dict.fromkeys(("DBT_TARGET_PATH", "DBT_LOG_PATH"), str(folder / "duckdb"))
    env = {**os.environ, **places, "CRM_HYGIENE_DUCKDB": str(file)}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    if done.returncode:
        lines = done.stdout.strip().splitlines()
        raise ParityError(f"The build on DuckDB failed: {' '.join(lines[-3:])}")
    return file


def compare_marts(file: Path, credentials: Any) -> tuple[int, int]:
    """Compare the marts of both; return how many differ, and of how many."""
    with (
        duckdb.connect(str(file), read_only=True) as of_duckdb,
        Copied(connect(credentials)) as of_postgres,
    ):
        of_postgres.fetch_schema("marts")
        # A mart tells on which engine it was built.
        of_postgres.local.execute(
            "update marts.run_settings set value = 'duckdb'"
            " where setting = 'target_type' and value = 'postgres'"
        )
        return compare_open(of_duckdb, of_postgres.local, ("marts",), OF_THE_RUN, TOLERANCE)


def parity(against: Path | None, variables: dict[str, Any]) -> tuple[int, int]:
    """Build and compare; return how many marts differ, and of how many."""
    with tempfile.TemporaryDirectory(prefix="crm_hygiene_parity_") as name, cluster() as place:
        folder, begun = Path(name), time.monotonic()
        with settings(place), ThreadPoolExecutor(1) as other:
            file: Future[Path] | None = None
            if against is None:
                file = other.submit(build_on_duckdb, variables, folder)
            credentials = build_on_postgres(variables, folder)
            print(f"Built and tested on PostgreSQL in {time.monotonic() - begun:.0f} s", flush=True)
            return compare_marts(against or file.result(), credentials)


@contextlib.contextmanager
def settings(place: dict[str, str]) -> Iterator[None]:
    """Let dbt find the cluster, and keep what it parses for this engine apart."""
    paths = dict.fromkeys(("DBT_TARGET_PATH", "DBT_LOG_PATH"), str(TARGET_PATH))
    with mock.patch.dict(os.environ, {"CRM_HYGIENE_THREADS": "2", **place, **paths}):
        yield


def main(arguments: list[str] | None = None) -> int:
    """Build and compare as the command line says; return the exit code."""
    parser = command_parser("parity", __doc__)
    parser.add_argument("--against", type=Path, help="a DuckDB file with the same build")
    parser.add_argument("--vars", default="{}", help="dbt variables as YAML, as for dbt itself")
    given = parser.parse_args(arguments)
    try:
        n_differing, n_marts = parity(given.against, yaml.safe_load(given.vars) or {})
    except (ClusterError, ParityError) as error:
        print(f"FAILED: {error}", file=sys.stderr)
        return 1
    print(f"parity: {n_differing} of {n_marts} marts differ")
    return int(n_differing > 0 or n_marts == 0)
