"""The nightly job: land the demo where no CRM is configured, check the landing, run `dbt build`.

    python scripts/build.py [--vars YAML] [--target NAME] [--full-refresh]

Everything runs in one process. Exit code 0 only where the landing passed and every step of the
build did; otherwise the last lines are one plain sentence and the command that looks closer.
"""

import argparse
import os
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
DBT = ".venv/bin/dbt"


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


def explain(result, vars_option: str) -> tuple[str, str]:
    """One sentence on why a dbt run failed, and the command for a closer look."""
    env = "DBT_PROFILES_DIR=profiles "
    if result.result is None or not hasattr(result.result, "results"):
        reason = str(result.exception).strip().splitlines()
        return (
            f"dbt stopped: {' '.join(' '.join(reason[:3]).split())}",
            f"{env}{DBT} parse{vars_option}",
        )
    bad = [r for r in result.result.results if r.status in ("error", "fail", "runtime error")]
    if not bad:
        return f"dbt stopped: {result.exception}", f"{env}{DBT} build{vars_option}"
    first = bad[0]
    message = (first.message or "no message").strip().splitlines()[0].rstrip(": ")
    kind = {"unit_test": "unit test", "test": "test"}.get(first.node.resource_type, "model")
    sentence = (
        f"{len(bad)} step(s) of the build failed, first the {kind} {first.node.name}: {message}"
    )
    return sentence, f"{env}{DBT} build --select {first.node.name}{vars_option}"


def main() -> int:
    """Run the job; return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--vars", default="{}", help="dbt variables as YAML, as for dbt itself")
    parser.add_argument("--target", default=os.environ.get("CRM_HYGIENE_TARGET", "duckdb"))
    parser.add_argument("--full-refresh", action="store_true")
    options = parser.parse_args()
    try:
        given = yaml.safe_load(options.vars) or {}
        assert isinstance(given, dict)
    except (yaml.YAMLError, AssertionError):
        return fail(f"--vars is no YAML mapping: {options.vars}", "make help")

    os.chdir(ROOT)
    os.environ.setdefault("DBT_PROFILES_DIR", "profiles")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    warehouse = Path(os.environ.get("CRM_HYGIENE_DUCKDB", "warehouse/crm_hygiene.duckdb"))
    if options.target == "duckdb":
        warehouse.parent.mkdir(parents=True, exist_ok=True)

    from dbt.cli.main import dbtRunner

    runner = dbtRunner()
    common = ["--target", options.target] + (["--vars", options.vars] if given else [])
    vars_option = f" --vars '{options.vars}'" if given else ""
    variables = project_vars(given)
    is_demo = variables.get("crm_sources") is None

    if is_demo:
        print("No crm_sources configured: landing the demo CRM", flush=True)
        seeded = run_dbt(runner, "seed", "--select", "path:seeds/demo", *common)
        if not seeded.success:
            return fail(*explain(seeded, vars_option))

    print("Checking the landing", flush=True)
    from gate import GateError, validate

    try:
        checked = validate(variables, target=options.target)
    except GateError as error:
        return fail(f"the landing could not be checked: {error}", "README.md, Your CRM")
    print("\n".join(checked.summary_lines()), flush=True)
    if not checked.ok:
        return fail(
            "the landing failed a critical check; nothing was built, the last build still stands",
            "open target/landing_checks/index.html",
        )

    print("Building (a minute or so)", flush=True)
    refresh = ["--full-refresh"] if options.full_refresh else []
    demo_is_landed = ["--exclude", "path:seeds/demo"] if is_demo else []
    built = run_dbt(runner, "build", *demo_is_landed, *refresh, *common)
    if not built.success:
        return fail(*explain(built, vars_option))

    where = str(warehouse) if options.target == "duckdb" else f"the target {options.target}"
    print(f"\nBuilt {len(built.result.results)} steps, all good. Marts: {where}, schema marts.")
    if is_demo:
        print(
            "Next: point it at your CRM, as the README says:\n"
            "  make build ARGS=\"--vars '{crm_sources: [salesforce]}'\""
        )
    else:
        print("Next: read marts.rejected_rows and marts.landing_coverage; schedule it nightly.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
