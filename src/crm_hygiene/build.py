"""The nightly job: land the demo where no CRM is configured, check the landing, run `dbt build`.

    crm-hygiene build [--vars YAML] [--target NAME] [--full-refresh]

The project is parsed once. Exit code 0 only where the landing passed and every step of the
build did; otherwise the last lines are one plain sentence and the command that looks closer. Of a
DuckDB warehouse the pages in reports/ are written at the end: the failure review of every run, the
dashboard and the digest of one that passed.
"""

import json
import multiprocessing
import os
import shlex
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import yaml

from crm_hygiene.cli import command_parser
from crm_hygiene.dbt import Dbt, DbtError
from crm_hygiene.gate.checks import GateError
from crm_hygiene.gate.judging import load_great_expectations
from crm_hygiene.gate.validation import validate
from crm_hygiene.project import ROOT

DEMO = "path:seeds/demo"
DBT = "DBT_PROFILES_DIR=profiles .venv/bin/dbt"


class Fault(NamedTuple):
    """What failed, and how to look closer where there is no failure review."""

    sentence: str
    command: str


def fail(sentence: str, command: str) -> int:
    """Print what went wrong and how to look closer; return the exit code."""
    print(f"\nFAILED: {sentence}\nLook closer: {command}", flush=True)
    return 1


def explain(result, dbt: Dbt) -> Fault:
    """One sentence on why a dbt run failed, and the command for a closer look."""
    if result.result is None or not hasattr(result.result, "results"):
        reason = str(result.exception).strip().splitlines()
        return Fault(
            f"dbt stopped: {' '.join(' '.join(reason[:3]).split())}",
            f"{DBT} parse{vars_option(dbt)}",
        )
    bad = [r for r in result.result.results if r.status in ("error", "fail", "runtime error")]
    if not bad:
        return Fault(f"dbt stopped: {result.exception}", f"{DBT} build{vars_option(dbt)}")
    first = bad[0]
    message = (first.message or "no message").strip().splitlines()[0].rstrip(": ")
    kind = {"unit_test": "unit test", "test": "test"}.get(first.node.resource_type, "model")
    sentence = (
        f"{len(bad)} step(s) of the build failed, first the {kind} {first.node.name}: {message}"
    )
    return Fault(sentence, f"{DBT} build --select {first.node.name}{vars_option(dbt)}")


def write_failures() -> str | None:
    """Record the run and write the failure review; return its first line, if that was possible."""
    from crm_hygiene.pages import failures

    try:
        return failures.build().first_line
    except (failures.WarehouseError, OSError) as error:
        print(f"No failure review: {error}")
        return None


def write_pages() -> bool:
    """Write the dashboard and the digest; return whether both were written."""
    from crm_hygiene.pages import dashboard, digest

    target = ["--target", "duckdb"]
    has_dashboard = dashboard.main(target) == 0
    return digest.main(["--out", str(ROOT / "reports"), *target]) == 0 and has_dashboard


def main(arguments: list[str] | None = None) -> int:
    """Run the job, then write the pages; return the exit code."""
    parser = command_parser("build", __doc__)
    parser.add_argument("--vars", default="{}", help="dbt variables as YAML, as for dbt itself")
    parser.add_argument("--target", default=os.environ.get("CRM_HYGIENE_TARGET", "duckdb"))
    parser.add_argument("--full-refresh", action="store_true")
    options = parser.parse_args(arguments)
    try:
        given = yaml.safe_load(options.vars) or {}
        assert isinstance(given, dict)
    except (yaml.YAMLError, AssertionError):
        return fail(f"--vars is no YAML mapping: {options.vars}", "make help")

    os.chdir(ROOT)
    warehouse = Path(os.environ.get("CRM_HYGIENE_DUCKDB", "warehouse/crm_hygiene.duckdb"))
    is_duckdb = options.target == "duckdb"
    if is_duckdb:
        warehouse.parent.mkdir(parents=True, exist_ok=True)

    dbt = Dbt(options.target, given)
    fault = check_landing(dbt) or build(dbt, options.full_refresh)
    cause = write_failures() if is_duckdb else None
    if fault:
        return fail(cause, "make failures") if cause else fail(*fault)
    has_pages = not is_duckdb or write_pages()

    where = str(warehouse) if is_duckdb else f"the target {options.target}"
    print(f"\n{cause or 'All good.'}\nMarts: {where}, schema marts.")
    if is_duckdb:
        print("Pages: reports/dashboard.html, reports/digest.html, reports/failures.html")
    if is_demo(dbt):
        print(
            "Next: point it at your CRM, as the README says:\n"
            "  make build ARGS=\"--vars '{crm_sources: [salesforce]}'\""
        )
    else:
        print("Next: read marts.rejected_rows and marts.landing_coverage; schedule it nightly.")
    return int(not has_pages)


def check_landing(dbt: Dbt) -> Fault | None:
    """Land the demo where it is read, and check what is landed; return what failed."""
    # Great Expectations loads in a process of its own while dbt parses and lands the demo.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as worker:
        worker.submit(load_great_expectations)
        try:
            demo_is_read = is_demo(dbt)
        except DbtError as error:
            return Fault(f"dbt stopped: {error}", f"{DBT} parse{vars_option(dbt)}")
        if demo_is_read:
            print("No crm_sources configured: landing the demo CRM", flush=True)
            seeded = dbt.run("seed", "--select", DEMO)
            if not seeded.success:
                return explain(seeded, dbt)
        print("Checking the landing", flush=True)
        try:
            checked = validate(dbt, worker=worker)
        except GateError as error:
            return Fault(f"the landing could not be checked: {error}", "README.md, Your CRM")
    print("\n".join(checked.summary_lines()), flush=True)
    if checked.ok:
        return None
    return Fault(
        "the landing failed a critical check; nothing was built, the last build still stands",
        "open target/landing_checks/index.html",
    )


def build(dbt: Dbt, refreshes: bool) -> Fault | None:
    """Run `dbt build`; return what failed.

    Without the unit tests: their rows are written by hand, so no landing changes what they find.
    """
    print("Building (a minute or so)", flush=True)
    refresh = ["--full-refresh"] if refreshes else []
    demo_is_landed = ["--exclude", DEMO] if is_demo(dbt) else []
    options = ["--exclude-resource-type", "unit_test", *demo_is_landed, *refresh]
    built = dbt.run("build", *options)
    return None if built.success else explain(built, dbt)


def is_demo(dbt: Dbt) -> bool:
    """Tell whether the run reads the demo CRM."""
    return any(key.startswith("seed.crm_hygiene.demo_") for key in dbt.manifest.nodes)


def vars_option(dbt: Dbt) -> str:
    """Return the option that gives dbt the variables of this run."""
    return f" --vars {shlex.quote(json.dumps(dbt.variables, default=str))}" if dbt.variables else ""
