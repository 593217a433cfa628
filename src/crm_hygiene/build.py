"""The nightly job: land the demo where no CRM is configured, check the landing, run `dbt build`.

    crm-hygiene build [--vars YAML] [--target NAME] [--full-refresh]

Everything runs in one process. Exit code 0 only where the landing passed and every step of the
build did; otherwise the last lines are one plain sentence and the command that looks closer. Of a
DuckDB warehouse the pages in reports/ are written at the end: the failure review of every run, the
dashboard and the digest of one that passed.
"""

import argparse
import os
from pathlib import Path
from typing import NamedTuple

import yaml

from crm_hygiene.cli import command_parser
from crm_hygiene.project import ROOT

DBT = ".venv/bin/dbt"


class Fault(NamedTuple):
    """What failed, and how to look closer where there is no failure review."""

    sentence: str
    command: str


def fail(sentence: str, command: str) -> int:
    """Print what went wrong and how to look closer; return the exit code."""
    print(f"\nFAILED: {sentence}\nLook closer: {command}", flush=True)
    return 1


def project_vars(given: dict) -> dict:
    """The variables of dbt_project.yml, overridden by the given ones."""
    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text())
    return {**(project.get("vars") or {}), **given}


def run_dbt(runner, *args: str):
    """Invoke dbt quietly: warnings, errors and what the project itself prints."""
    return runner.invoke([*args, "--quiet", "--no-use-colors"])


def explain(result, vars_option: str) -> Fault:
    """One sentence on why a dbt run failed, and the command for a closer look."""
    env = "DBT_PROFILES_DIR=profiles "
    if result.result is None or not hasattr(result.result, "results"):
        reason = str(result.exception).strip().splitlines()
        return Fault(
            f"dbt stopped: {' '.join(' '.join(reason[:3]).split())}",
            f"{env}{DBT} parse{vars_option}",
        )
    bad = [r for r in result.result.results if r.status in ("error", "fail", "runtime error")]
    if not bad:
        return Fault(f"dbt stopped: {result.exception}", f"{env}{DBT} build{vars_option}")
    first = bad[0]
    message = (first.message or "no message").strip().splitlines()[0].rstrip(": ")
    kind = {"unit_test": "unit test", "test": "test"}.get(first.node.resource_type, "model")
    sentence = (
        f"{len(bad)} step(s) of the build failed, first the {kind} {first.node.name}: {message}"
    )
    return Fault(sentence, f"{env}{DBT} build --select {first.node.name}{vars_option}")


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
    os.environ.setdefault("DBT_PROFILES_DIR", "profiles")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    warehouse = Path(os.environ.get("CRM_HYGIENE_DUCKDB", "warehouse/crm_hygiene.duckdb"))
    is_duckdb = options.target == "duckdb"
    if is_duckdb:
        warehouse.parent.mkdir(parents=True, exist_ok=True)

    fault = build(options, given)
    cause = write_failures() if is_duckdb else None
    if fault:
        return fail(cause, "make failures") if cause else fail(*fault)
    has_pages = not is_duckdb or write_pages()

    where = str(warehouse) if is_duckdb else f"the target {options.target}"
    print(f"\n{cause or 'All good.'}\nMarts: {where}, schema marts.")
    if is_duckdb:
        print("Pages: reports/dashboard.html, reports/digest.html, reports/failures.html")
    if project_vars(given).get("crm_sources") is None:
        print(
            "Next: point it at your CRM, as the README says:\n"
            "  make build ARGS=\"--vars '{crm_sources: [salesforce]}'\""
        )
    else:
        print("Next: read marts.rejected_rows and marts.landing_coverage; schedule it nightly.")
    return int(not has_pages)


def build(options: argparse.Namespace, given: dict) -> Fault | None:
    """Check the landing and run dbt; return what failed."""
    from dbt.cli.main import dbtRunner

    runner = dbtRunner()
    common = ["--target", options.target] + (["--vars", options.vars] if given else [])
    vars_option = f" --vars '{options.vars}'" if given else ""
    is_demo = project_vars(given).get("crm_sources") is None

    if is_demo:
        print("No crm_sources configured: landing the demo CRM", flush=True)
        seeded = run_dbt(runner, "seed", "--select", "path:seeds/demo", *common)
        if not seeded.success:
            return explain(seeded, vars_option)

    print("Checking the landing", flush=True)
    from crm_hygiene.gate import GateError, validate

    try:
        checked = validate(given, target=options.target)
    except GateError as error:
        return Fault(f"the landing could not be checked: {error}", "README.md, Your CRM")
    print("\n".join(checked.summary_lines()), flush=True)
    if not checked.ok:
        return Fault(
            "the landing failed a critical check; nothing was built, the last build still stands",
            "open target/landing_checks/index.html",
        )

    print("Building (a minute or so)", flush=True)
    refresh = ["--full-refresh"] if options.full_refresh else []
    demo_is_landed = ["--exclude", "path:seeds/demo"] if is_demo else []
    built = run_dbt(runner, "build", *demo_is_landed, *refresh, *common)
    return None if built.success else explain(built, vars_option)
